import { resolve } from 'node:path'
import { exitCodes, isMeant, nameInId, unknownName } from '../../core/index.ts'
import { explainSteps, lastDecisions } from '../../report/text/explanation.ts'
import { styleFor } from '../../report/text/style.ts'
import { command } from '../command-line/command.ts'
import { reportFailure, usageError } from '../command-line/error-line.ts'
import { configFlags, jobStoreFlags } from '../command-line/run-flags.ts'
import { readJobReport } from './jobs-status.ts'

/** `reprise explain`: says why each step of a job was a hit or a miss. */
export const explainCommand = command({
  name: 'explain',
  description: 'Explains why each step of a job was a cache hit or a miss.',
  positionals: [
    { name: 'job', description: 'The job directory.', required: true },
    { name: 'step', description: 'Only this step, with all its reasons: subtitles, translate/es.' },
  ],
  flags: {
    json: { kind: 'switch', description: 'Writes one JSON object per step.' },
    ...jobStoreFlags,
    ...configFlags,
  },
  notes: "It explains past runs. To see what a run would do now, use 'reprise run --job DIR --dry-run'.",
  examples: [
    { line: 'reprise explain ./subtitles-talk', does: 'shows for each step whether it was a hit, or why it was not' },
    { line: 'reprise explain ./subtitles-talk mux', does: 'shows every part of the key of one step that changed' },
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
      const names = [...new Set(all.map(({ step }) => nameInId(step)))]
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
