import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type EventOf, exitCodes, unknownName } from '../../core/index.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { shellWord } from '../../report/text/shell-word.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { reportFailure, usageError, writeError } from '../command-line/error-line.ts'

type Outputs = NonNullable<EventOf<'pipeline_completed'>['outputs']>
type Output = Exclude<Outputs[string], readonly unknown[]>

/** `reprise outputs`: prints where the outputs of a job are. */
export const outputsCommand = command({
  name: 'outputs',
  description: 'Prints where the outputs of a job are, by name.',
  positionals: [
    { name: 'job', description: 'The job directory.', required: true },
    { name: 'name', description: 'Only this output: its path, or a path per line for one of a fan-out.' },
  ],
  flags: { json: { kind: 'switch', description: 'Writes kind, absolute path and digest by name as one JSON object.' } },
  notes: `The names are those that the pipeline gives its outputs. The paths are those of the last run that completed; the event
pipeline_completed has the same. Exit code 1: no run has completed, or a file is no longer there.`,
  examples: [
    { line: 'reprise outputs ./subtitles-talk', does: 'shows each output and its path' },
    { line: 'mpv "$(reprise outputs ./subtitles-talk mp4)"', does: 'plays one of them' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout } = context
    const [dir = '', wanted] = positionals
    const jobDir = resolve(cwd, dir)
    const { readJob, readJobEvents } = await import('../../engine/index.ts')
    const job = await readJob(jobDir)
    if (!job.ok) return reportFailure(context, 'outputs', job.error)
    const events = await readJobEvents(jobDir)
    const last = events.findLast(
      (event): event is EventOf<'pipeline_completed'> => event.event === 'pipeline_completed',
    )
    if (last?.outputs === undefined) {
      const shown = displayPath(jobDir, cwd)
      const command = printable(`reprise status ${shellWord(shown)}`)
      writeError(context, 'outputs', `no run of ${printable(shown)} has completed; for its state, run: ${command}`)
      return exitCodes.stepFailed
    }
    const names = Object.keys(last.outputs)
    if (wanted !== undefined && !names.includes(wanted))
      return usageError(context, 'outputs', unknownName('output', wanted, names))
    const found = Object.entries(last.outputs).filter(([name]) => wanted === undefined || name === wanted)
    const absolute = ({ path, ...rest }: Output): Output => ({
      ...rest,
      path: path === '' ? '' : resolve(jobDir, path),
    })
    const outputs = found.map(([name, made]) => ({
      name,
      made: listOf(made).map(absolute),
      isList: Array.isArray(made),
    }))
    if (flags.json) {
      const byName = Object.fromEntries(outputs.map(({ name, made, isList }) => [name, isList ? made : made[0]]))
      stdout.write(`${JSON.stringify(byName)}\n`)
    } else if (wanted === undefined) {
      const rows = outputs.flatMap(({ name, made }) =>
        made.map(({ path }) => [
          printable(name),
          path === '' ? 'a value, in no file' : printable(displayPath(path, cwd)),
        ]),
      )
      stdout.write(`${rows.length === 0 ? 'no outputs' : columns(rows).join('\n')}\n`)
    } else {
      for (const { path } of outputs[0]?.made ?? []) if (path !== '') stdout.write(`${displayPath(path, cwd)}\n`)
    }
    const gone = outputs.flatMap(({ made }) => made).filter(({ path }) => path !== '' && !existsSync(path))
    for (const { path } of gone) writeError(context, 'outputs', `${path} is gone; run the job again to put it back`)
    for (const [name, count] of Object.entries(last.outputs_left_out ?? {})) {
      if (found.some(([other]) => other === name))
        writeError(context, 'outputs', `${count} more of '${name}' are in the directories of its step`)
    }
    return gone.length === 0 ? exitCodes.ok : exitCodes.stepFailed
  },
})

function listOf(output: Outputs[string]): readonly Output[] {
  return 'path' in output ? [output] : output
}
