import { openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, isSystemError, SystemError } from '../disk/io-failure.ts'
import { layoutOf } from '../disk/layout.ts'
import { probeIndex } from './probe-index.ts'
import { rebuildIndex } from './rebuild-index.ts'

/**
 * The program that looks at an index, or rebuilds it, in a process of its own: what LMDB meets in a damaged file can end
 * the process, and that is an answer, too. Its arguments are those that `index-child-process.ts` gives it; it answers
 * with a line of JSON, and says before that it goes on.
 */
const [what = '', dir = '', ...rest] = process.argv.slice(2)
const parent = process.ppid
const tellEveryMs = 1000
let toldMs = Number.NEGATIVE_INFINITY

try {
  const answer = what === 'probe' ? probe(rest) : rebuild(rest)
  writeSync(1, `${JSON.stringify(answer)}\n`)
} catch (error) {
  if (!isSystemError(error)) throw error
  writeSync(1, `${JSON.stringify({ failed: errorCode(error) })}\n`)
}
// LMDB is not asked to close what may be damaged.
process.exit(0)

function probe([mode = '', budgetMs = '']: readonly string[]): object {
  goOn()
  const data = join(layoutOf(dir).index, 'data.mdb')
  return probeIndex(layoutOf(dir).index, {
    readOnly: mode === 'read-only',
    budgetMs: Number(budgetMs),
    onProgress: goOn,
    stateOf: () => String(statSync(data, { bigint: true, throwIfNoEntry: false })?.mtimeNs),
  })
}

function rebuild([building = '', progress = '', mode = '', ...limits]: readonly string[]): object {
  const fd = openSync(progress, 'w', 0o600)
  return rebuildIndex(layoutOf(dir), {
    building,
    readsOld: mode === 'read-old',
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
