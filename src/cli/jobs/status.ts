import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { reportFailure, usageError } from '../command-line/error-line.ts'
import { configFlags, jobStoreFlags } from '../command-line/run-flags.ts'
import { readJobReport, statusLines } from './jobs-status.ts'
import { filterSteps, groupItems } from './shown-steps.ts'

/** `reprise status`: shows the state of a job. */
export const statusCommand = command({
  name: 'status',
  description: 'Shows the state of a job, step by step.',
  positionals: [{ name: 'job', description: 'The job directory.', required: true }],
  flags: {
    failed: { kind: 'switch', description: 'Only steps that failed.' },
    step: {
      kind: 'texts',
      value: 'STEP',
      description: 'Only this step, with every item of a fan-out, or one item: translate, translate/es; repeatable.',
    },
    json: { kind: 'switch', description: 'Writes the status as one JSON object.' },
    ...jobStoreFlags,
    ...configFlags,
  },
  notes: `Steps are in the order of the pipeline. The items of a long fan-out share a row, and those that failed, run or were
interrupted have one of their own; --step shows them all. What a person changed in the directory of a step, and a run
kept aside, is listed above the steps.`,
  examples: [
    { line: 'reprise status ./subtitles-talk', does: 'shows each step: done, failed and why, interrupted, or not yet' },
    { line: 'reprise status ./subtitles-talk --failed', does: 'shows only what failed, and why' },
    { line: 'reprise status ./subtitles-talk --json', does: 'gives the same to a script' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout } = context
    const jobDir = resolve(cwd, positionals[0] ?? '')
    const report = await readJobReport(jobDir, flags, context)
    if (!report.ok) return reportFailure(context, 'status', report.error)
    const { status } = report.value
    const steps = filterSteps(status.steps, { failed: flags.failed, steps: flags.step })
    if (!steps.ok) return usageError(context, 'status', steps.error)
    const rows = flags.step.length > 0 || flags.failed ? steps.value : groupItems(steps.value)
    if (flags.json) stdout.write(`${JSON.stringify({ ...status, steps: steps.value })}\n`)
    else stdout.write(`${statusLines(status, context, rows).join('\n')}\n`)
    return exitCodes.ok
  },
})
