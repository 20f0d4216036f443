import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { reportFailure } from '../command-line/error-line.ts'
import { configFlags, jobStoreFlags } from '../command-line/run-flags.ts'
import { readJobReport, statusLines } from './jobs-status.ts'

/** `reprise status`: shows the state of a job. */
export const statusCommand = command({
  name: 'status',
  description: 'Shows the state of a job, step by step.',
  positionals: [{ name: 'job', description: 'The job directory.', required: true }],
  flags: {
    json: { kind: 'switch', description: 'Writes the status as one JSON object.' },
    ...jobStoreFlags,
    ...configFlags,
  },
  examples: [
    { line: 'reprise status ./subtitles-talk', does: 'shows each step: done, failed and why, interrupted, or not yet' },
    { line: 'reprise status ./subtitles-talk --json', does: 'gives the same to a script' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout } = context
    const jobDir = resolve(cwd, positionals[0] ?? '')
    const report = await readJobReport(jobDir, flags, context)
    if (!report.ok) return reportFailure(context, 'status', report.error)
    if (flags.json) stdout.write(`${JSON.stringify(report.value.status)}\n`)
    else stdout.write(`${statusLines(report.value.status, context).join('\n')}\n`)
    return exitCodes.ok
  },
})
