import { openSync, writeSync } from 'node:fs'
import { errorCode, isSystemError, SystemError } from '../disk/io-failure.ts'
import { layoutOf } from '../disk/layout.ts'
import { makeLockFile } from '../lmdb/defects/lock-file.ts'
import { openIndexDb } from '../lmdb/index-db.ts'
import { whyNotOpenable } from './check-openable.ts'
import { openCopy, probeIndex, renewIndex } from './renew-index.ts'
import { Unreadable } from './take-over.ts'

/**
 * The program that reads an index, and makes a new one of it, in a process of its own: what LMDB meets in a damaged file
 * can end the process, and that is an answer, too. Its arguments are those that `look-at-index.ts` gives it; it answers
 * with a line of JSON, and says before that it goes on.
 */
const [what = '', dir = '', building = '', progress = '', ...limits] = process.argv.slice(2)
const layout = layoutOf(dir)
const parent = process.ppid
const tellEveryMs = 1000
let toldMs = Number.NEGATIVE_INFINITY

try {
  writeSync(1, `${JSON.stringify(await answer())}\n`)
} catch (error) {
  if (!(error instanceof Unreadable) && !isSystemError(error)) throw error
  const answer = error instanceof Unreadable ? { unreadable: error.message } : { failed: errorCode(error) }
  writeSync(1, `${JSON.stringify(answer)}\n`)
}
// LMDB is not asked to close what may be damaged.
process.exit(0)

async function answer(): Promise<object> {
  whyNotOpenable(layout, what === 'probe')
  if (what === 'make') {
    makeLockFile(layout)
    // Once to make it, and once as every process opens it.
    await openIndexDb(layout.index, { readOnly: false }).close()
    openIndexDb(layout.index, { readOnly: false })
    return {}
  }
  if (what === 'probe') return { problems: probeIndex(layout, goOn) }
  if (what === 'open-copy') {
    openCopy(layout, building)
    return {}
  }
  const fd = openSync(progress, 'w', 0o600)
  return renewIndex(layout, {
    building,
    readsOld: what !== 'replace',
    isDamaged: what !== 'copy',
    limits: new Map(limits.map((limit) => [limit.split('=')[0] ?? '', Number(limit.split('=')[1])])),
    onProgress(phase, count) {
      writeSync(fd, `${phase} ${count}`.padEnd(64), 0)
      if (phase === 'switch') demandParent()
      goOn()
    },
  })
}

/** Says that this process is at work, and ends its work where nobody waits for it any more. */
function goOn(): void {
  const nowMs = performance.now()
  if (nowMs - toldMs < tellEveryMs) return
  toldMs = nowMs
  demandParent()
  writeSync(1, '.\n')
}

function demandParent(): void {
  if (process.ppid !== parent) throw new SystemError('ECANCELED', 'the process that waits for this one has ended')
}
