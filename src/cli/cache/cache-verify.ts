import type { Damage, VerifyReport } from '../../../store/index.ts'
import { exitCodes } from '../../core/index.ts'
import { countText, sizeText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { storeFlags } from '../command-line/run-flags.ts'
import { withStore } from '../command-line/with-store.ts'
import { byteProgress } from './byte-progress.ts'
import { reportCacheFailure } from './cache-failure.ts'

/** `reprise cache verify`: reads everything in the store, and reports damage. */
export const cacheVerifyCommand = command({
  name: 'cache verify',
  description: 'Reads everything in the store, and reports what is damaged.',
  positionals: [],
  flags: {
    repair: { kind: 'switch', description: 'Removes what is damaged, so that the next run computes it again.' },
    fresh: {
      kind: 'switch',
      description: 'Starts from the beginning instead of resuming an interrupted verification.',
    },
    json: { kind: 'switch', description: 'Writes the findings as one JSON object.' },
    ...storeFlags,
  },
  notes: `Runs can use the store meanwhile. After Ctrl-C, the next 'reprise cache verify' resumes from there. The exit code is
0 if nothing is damaged or everything was repaired, and 1 if something is damaged.`,
  examples: [
    { line: 'reprise cache verify', does: 'hashes every blob, and shows which steps and files are damaged' },
    {
      line: 'reprise cache verify --repair',
      does: 'moves damaged blobs to quarantine, and removes the results that need them',
    },
  ],
  execute: ({ flags }, context) =>
    withStore(flags.store, { checkIndex: true }, context, async (store) => {
      const { verifyStore } = await import('../../../store/index.ts')
      const progress = byteProgress('verifying', context)
      const interrupt = interruptOn(process, () => {})
      const verified = await verifyStore(store, {
        repair: flags.repair,
        resume: !flags.fresh,
        onProgress: progress.show,
        signal: interrupt.signal,
      }).finally(() => {
        interrupt.dispose()
        progress.end()
      })
      if (!verified.ok) return reportCacheFailure(context, 'cache verify', verified.error)
      const report = verified.value
      const text = flags.json ? JSON.stringify(report) : verifyLines(report).join('\n')
      context.stdout.write(`${text}\n`)
      if (!report.complete) return exitCodes.interrupted
      return report.damage.length === 0 || report.repaired ? exitCodes.ok : exitCodes.stepFailed
    }),
})

/** Returns what was found, for people. */
export function verifyLines(report: VerifyReport): readonly string[] {
  const { damage, orphans, repaired, resumed } = report
  const read = `${countText(report.blobs, 'blob')} (${sizeText(report.bytes)})`
  const since = resumed.blobs === 0 ? '' : `, ${resumed.blobs} of them earlier`
  if (!report.complete) {
    const found = damage.length === 0 ? 'nothing damaged so far' : `${damage.length} damaged so far`
    return [`interrupted after ${read}${since}: ${found}; resume with: reprise cache verify`]
  }
  const head = `${read}${since} and ${countText(report.actions, 'action')} verified: `
  const litter =
    orphans.files === 0
      ? []
      : [
          `${countText(orphans.files, 'file')} (${sizeText(orphans.bytes)}) left by a crash: ` +
            (repaired ? 'removed' : "remove them with 'reprise cache verify --repair'"),
        ]
  if (damage.length === 0) return [`${head}nothing is damaged`, ...litter]
  return [`${head}${damage.length} damaged`, ...damage.flatMap(damageLines), whatNow(report), ...litter]
}

function damageLines(damage: Damage): readonly string[] {
  switch (damage.kind) {
    case 'blob': {
      const rows = damage.neededBy.map(({ pipeline, step, job, file }) => [pipeline, step, file, job].map(printable))
      const head = `b3:${damage.hash.slice(0, 12)}: ${damage.what}`
      return [head, ...(rows.length === 0 ? ['  needed by no action'] : columns(rows, '  '))]
    }
    case 'action': {
      const rows = damage.usedBy.map(({ pipeline, step, job }) => [pipeline, step, job].map(printable))
      return [`action ${damage.key.slice(0, 12)}: ${damage.what}`, ...columns(rows, '  ')]
    }
    case 'records':
      return [`${countText(damage.count, 'record')} of ${damage.table}: lost, but no result depends on them`]
    default:
      return damage satisfies never
  }
}

function whatNow({ repaired }: VerifyReport): string {
  return repaired
    ? 'repaired: damaged blobs are in quarantine/, and the next run recomputes what needed them'
    : "repair with 'reprise cache verify --repair'; the next run then recomputes what needs it"
}
