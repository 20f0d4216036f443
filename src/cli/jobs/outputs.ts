import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Event, type EventOf, exitCodes, unknownName } from '../../core/index.ts'
import { shellWord } from '../../core/shell-word.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { reportFailure, usageError, writeError } from '../command-line/error-line.ts'

type Ended = EventOf<'pipeline_completed'> | EventOf<'pipeline_failed'> | EventOf<'pipeline_cancelled'>
type Outputs = NonNullable<Ended['outputs']>
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
  notes: `The names are those that the pipeline gives its outputs. The paths are those of the last run, whose last event has the same.
Where that run failed or was cancelled, they are the outputs that it still made. Exit code 1: the last run did not complete, or a
file is no longer there.`,
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
      (event): event is Ended & { outputs: Outputs } => isEnd(event) && event.outputs !== undefined,
    )
    const shown = printable(displayPath(jobDir, cwd))
    const statusCommand = printable(`reprise status ${shellWord(displayPath(jobDir, cwd))}`)
    if (last === undefined) {
      writeError(context, 'outputs', `no run of ${shown} has ended; for its state, run: ${statusCommand}`)
      return exitCodes.stepFailed
    }
    const isComplete = last.event === 'pipeline_completed'
    const end = last.event === 'pipeline_failed' ? 'failed' : 'was cancelled'
    const names = Object.keys(last.outputs)
    if (wanted !== undefined && !names.includes(wanted)) {
      if (isComplete) return usageError(context, 'outputs', unknownName('output', wanted, names))
      const why = `the last run of ${shown} ${end}, and has no output '${printable(wanted)}'`
      writeError(context, 'outputs', `${why}; for its state, run: ${statusCommand}`)
      return exitCodes.stepFailed
    }
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
    if (!isComplete) {
      const what = names.length === 0 ? 'before it made an output' : 'and made these outputs alone'
      writeError(context, 'outputs', `the last run of ${shown} ${end}, ${what}; for its state, run: ${statusCommand}`)
    }
    return isComplete && gone.length === 0 ? exitCodes.ok : exitCodes.stepFailed
  },
})

function isEnd(event: Event): event is Ended {
  return ['pipeline_completed', 'pipeline_failed', 'pipeline_cancelled'].includes(event.event)
}

function listOf(output: Outputs[string]): readonly Output[] {
  return 'path' in output ? [output] : output
}
