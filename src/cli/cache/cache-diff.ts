import type { KnownAction } from '../../../store/index.ts'
import { describeReason, diffActions, exitCodes } from '../../core/index.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import { storeFlags } from '../command-line/run-flags.ts'
import { withStore } from '../command-line/with-store.ts'

/** `reprise cache diff`: shows how two actions differ. */
export const cacheDiffCommand = command({
  name: 'cache diff',
  description: 'Shows how two actions differ, and so why one is not a cache hit for the other.',
  positionals: [
    { name: 'from', description: "A key, or its first digits; 'reprise explain JOB STEP' shows keys.", required: true },
    { name: 'to', description: 'The key to compare it with.', required: true },
  ],
  flags: {
    json: { kind: 'switch', description: 'Writes the two actions and their differences as one JSON object.' },
    ...storeFlags,
  },
  examples: [{ line: 'reprise cache diff 3f9a27c1 b04e6d55', does: 'shows every part of the key that differs' }],
  execute: ({ flags, positionals }, context) =>
    withStore(flags.store, { readOnly: true }, context, async (store) => {
      const { findActions } = await import('../../../store/index.ts')
      const actions: KnownAction[] = []
      for (const digits of positionals) {
        const [action, other] = findActions(store, digits.toLowerCase())
        if (action === undefined || other !== undefined) {
          const problem =
            action === undefined
              ? `no action in the store has a key that begins with '${digits}'; 'reprise explain JOB STEP' shows keys`
              : `several keys begin with '${digits}'; give more of its digits`
          return usageError(context, 'cache diff', problem)
        }
        actions.push(action)
      }
      const [from, to] = actions
      if (from === undefined || to === undefined) return exitCodes.usage
      const reasons = diffActions(from.action, to.action)
      const text = flags.json
        ? JSON.stringify({ from, to, differences: reasons })
        : [nameOf(from), nameOf(to), ...reasons.map((reason) => `  ${printable(describeReason(reason))}`)].join('\n')
      context.stdout.write(`${text}\n`)
      if (reasons.length === 0 && !flags.json) context.stdout.write('  no difference\n')
      return exitCodes.ok
    }),
})

function nameOf({ key, labels }: KnownAction): string {
  const where = labels === undefined ? 'its result is gone' : `${labels.pipeline} ${labels.step}, ${labels.job}`
  return `${key.slice(0, 12)}  ${printable(where)}`
}
