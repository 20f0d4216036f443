import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import { countText } from '../../report/text/amounts.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { reportFailure } from '../command-line/error-line.ts'

/** `reprise manifest check`: checks every manifest of a job against its schema. */
export const manifestCheckCommand = command({
  name: 'manifest check',
  description: 'Checks every manifest of a job against the JSON Schema, and says which an earlier release wrote.',
  positionals: [{ name: 'job', description: 'The job directory.', required: true }],
  flags: { json: { kind: 'switch', description: 'Writes the manifests and their problems as one JSON list.' } },
  examples: [
    {
      line: 'reprise manifest check ./subtitles-talk',
      does: 'shows every field that is missing or wrong, and then exits with 1',
    },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout } = context
    const { checkManifests } = await import('../../engine/index.ts')
    const checked = await checkManifests(resolve(cwd, positionals[0] ?? ''))
    if (!checked.ok) return reportFailure(context, 'manifest check', checked.error)
    const wrong = checked.value.filter(({ problems }) => problems.length > 0)
    if (flags.json) stdout.write(`${JSON.stringify(checked.value)}\n`)
    else {
      for (const { path, problems } of wrong) {
        for (const problem of problems) stdout.write(`${printable(path)}: ${printable(problem)}\n`)
      }
      for (const { path } of checked.value.filter(({ earlier }) => earlier === true))
        stdout.write(
          `${printable(path)}: written by an earlier release, with other names and types; it is read, and a later run writes it anew\n`,
        )
      const verdict = wrong.length === 0 ? 'all valid' : `${wrong.length} invalid`
      stdout.write(`${countText(checked.value.length, 'manifest')}, ${verdict}\n`)
    }
    return wrong.length === 0 ? exitCodes.ok : exitCodes.stepFailed
  },
})
