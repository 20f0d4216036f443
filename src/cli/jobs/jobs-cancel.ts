import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import type { CancelEnd } from '../../engine/index.ts'
import type { CancelledOrder } from '../../executors/contract/engine.ts'
import { printable } from '../../report/text/printable.ts'
import { resumeHint } from '../../report/text/resume-hint.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { reportFailure } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { jobStoreFlags } from '../command-line/run-flags.ts'
import { storeDirOfJob } from '../command-line/store-location.ts'
import { withStoreAt } from '../command-line/with-store.ts'

/** What `--json` writes. */
type Ended =
  | { readonly ended: 'run' | 'nothing' }
  | { readonly ended: 'steps'; readonly steps: readonly CancelledOrder[] }

/** `reprise jobs cancel`: cancels the run of a job from another terminal. */
export const jobsCancelCommand = command({
  name: 'jobs cancel',
  description: 'Cancels the run of a job that is in the background or in another terminal.',
  positionals: [{ name: 'job', description: 'The job directory.', required: true }],
  flags: {
    workers: {
      kind: 'texts',
      value: 'POOL=PLACE',
      description: "Where the run gave its workers' orders, if not where the config says; repeatable.",
    },
    now: { kind: 'switch', description: 'Kills the run immediately, without time to clean up.' },
    json: {
      kind: 'switch',
      description: 'Writes what was ended as one JSON object: the run, the steps that workers had, or nothing.',
    },
    ...jobStoreFlags,
  },
  notes: `Finished steps are kept, unfinished ones are not, and the job can be resumed. The command returns when the run has
ended; Ctrl-C only stops waiting. If your own program runs the job, it gets SIGTERM.

Steps that workers still have of a run that was killed are ended there, too, from any machine that reaches the orders.`,
  examples: [
    {
      line: 'reprise jobs cancel ./subtitles-talk',
      does: 'cancels the run as Ctrl-C does, and waits until it has ended',
    },
    { line: 'reprise jobs cancel ./subtitles-talk --now', does: 'kills it immediately, as a second Ctrl-C does' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout, stderr } = context
    const jobDir = resolve(cwd, positionals[0] ?? '')
    const shown = printable(displayPath(jobDir, cwd))
    const storePath = await storeDirOfJob(jobDir, flags.store, context)
    return withStoreAt(storePath, { readOnly: true }, context, async (store) => {
      const { cancelJob, leftSteps, readJob, readJobEvents } = await import('../../engine/index.ts')
      const interrupt = interruptOn(process, () => {})
      const tell = (ended: Ended, text: string) => stdout.write(`${flags.json ? JSON.stringify(ended) : text}\n`)
      const onAsked = ({ pid }: { readonly pid: number }) => {
        stderr.write(`${flags.now ? 'killing' : 'cancelling'} the run of ${shown} (pid ${pid})\n`)
      }
      try {
        const end = await cancelJob(store, jobDir, { now: flags.now, signal: interrupt.signal, onAsked })
        const isOver = end.kind === 'not-running' || end.kind === 'gone'
        const job = isOver ? await readJob(jobDir) : undefined
        if (end.kind === 'not-running' && job?.ok === false) return reportFailure(context, 'jobs cancel', job.error)
        // A run that was killed could not tell its workers.
        const left = isOver ? leftSteps(await readJobEvents(jobDir)) : []
        if (left.length > 0) {
          const { cancelLeftSteps } = await import('../workers/left-orders.ts')
          const config = job?.ok === true ? job.value.config : undefined
          const asked = { left, config, workers: flags.workers, signal: interrupt.signal }
          const cancelled = await cancelLeftSteps(asked, shown, context)
          if (cancelled?.code === exitCodes.ok) {
            const ended = { ended: 'steps', steps: cancelled.steps } as const
            tell(ended, `cancelled what workers had of a run that is dead; ${resumeHint(shown)}`)
          }
          if (cancelled !== undefined) return cancelled.code
        }
        const { code, text } = endText(end, shown)
        if (code === exitCodes.ok) tell({ ended: end.kind === 'gone' ? 'run' : 'nothing' }, text)
        else stderr.write(`${text}\n`)
        return code
      } finally {
        interrupt.dispose()
      }
    })
  },
})

function endText(end: CancelEnd, shown: string): { readonly code: number; readonly text: string } {
  switch (end.kind) {
    case 'not-running':
      return { code: exitCodes.ok, text: `${shown} is not running, so there is nothing to cancel` }
    case 'gone':
      return { code: exitCodes.ok, text: `cancelled; ${resumeHint(shown)}` }
    case 'asked':
      return {
        code: exitCodes.interrupted,
        text: `the run (pid ${end.holder.pid}) is still ending; this command no longer waits for it`,
      }
    case 'elsewhere':
      return {
        code: exitCodes.stepFailed,
        text: `${shown} is running in another container (pid ${end.holder.pid} there); cancel it there`,
      }
    case 'denied':
      return {
        code: exitCodes.stepFailed,
        text: `permission denied: ${shown} is run by another user (pid ${end.holder.pid}), who must cancel it`,
      }
    default:
      return end satisfies never
  }
}
