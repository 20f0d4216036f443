import { exitCodes } from '../../core/index.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import { openNamedRemote, remoteFailed, remoteUseFlags } from './remote-use.ts'

/** `reprise remote check`: tries what a run needs of a remote. */
export const remoteCheckCommand = command({
  name: 'remote check',
  description: "Tries whether the team's cache answers, and what you may do there.",
  positionals: [],
  flags: { json: { kind: 'switch', description: 'Writes each check as one JSON object.' }, ...remoteUseFlags },
  notes: `It leaves one blob of 21 bytes in the scope that you write, the same each time. Exit code 1 says that something does
not work.`,
  examples: [{ line: 'reprise remote check --remote /mnt/cache', does: 'tries a shared directory' }],
  async execute({ flags }, context) {
    const remote = await openNamedRemote(flags, context)
    if (!remote.ok) return usageError(context, 'remote check', remote.error)
    const { checkRemote } = await import('../../../store/index.ts')
    const checks = await checkRemote(remote.value)
    const rows = checks.map(({ what, ok, found }) => [what, ok ? 'ok' : 'FAILED', printable(found)])
    const lines = flags.json
      ? checks.map((check) => JSON.stringify(check))
      : [printable(remote.value.name), ...columns(rows, '  ')]
    context.stdout.write(`${lines.join('\n')}\n`)
    return checks.every(({ ok }) => ok) ? exitCodes.ok : remoteFailed
  },
})
