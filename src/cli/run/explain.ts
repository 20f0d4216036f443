import { resolve } from 'node:path'
import { exitCodes, isMeant, unknownName } from '../../core/index.ts'
import { explainSteps, lastDecisions } from '../../report/text/explanation.ts'
import { styleFor } from '../../report/text/style.ts'
import { command } from '../command-line/command.ts'
import { reportFailure, usageError } from '../command-line/error-line.ts'
import { configFlags, jobStoreFlags } from '../command-line/run-flags.ts'
import { readJobReport } from '../jobs/jobs-status.ts'

/** `reprise explain`: says why each step of a job was computed, or was not. */
export const explainCommand = command({
  name: 'explain',
  description: 'Says why each step of a job was computed, or was not.',
  positionals: [
    { name: 'job', description: 'The job directory.', required: true },
    { name: 'step', description: 'Only this one, with every reason: subtitles, translate/es.' },
  ],
  flags: {
    json: { kind: 'switch', description: 'Writes one JSON object a step.' },
    ...jobStoreFlags,
    ...configFlags,
  },
  notes: "It tells of what has been run. What a run would do now is told by 'reprise run --job DIR --dry-run'.",
  examples: [
    { line: 'reprise explain ./subtitles-talk', does: 'says for each step whether it was a hit, and why it was not' },
    { line: 'reprise explain ./subtitles-talk mux', does: 'names every part of the key that changed' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, env, stdout } = context
    const [dir = '', wanted] = positionals
    const jobDir = resolve(cwd, dir)
    const { readJobEvents } = await import('../../engine/index.ts')
    const report = await readJobReport(jobDir, flags, context)
    if (!report.ok) return reportFailure(context, 'explain', report.error)
    const all = report.value.status.steps
    const steps = all.filter(({ step }) => wanted === undefined || isMeant(wanted, step))
    if (wanted !== undefined && steps.length === 0) {
      const names = all.map(({ step }) => step)
      return usageError(context, 'explain', unknownName('step', wanted, names))
    }
    const decisions = lastDecisions(await readJobEvents(jobDir))
    if (flags.json) {
      for (const step of steps) stdout.write(`${JSON.stringify({ ...step, decision: decisions.get(step.step) })}\n`)
    } else {
      const lines = explainSteps(steps, decisions, {
        inFull: wanted !== undefined,
        style: styleFor(stdout.isTerminal, env),
      })
      stdout.write(`${lines.join('\n')}\n`)
    }
    return exitCodes.ok
  },
})
