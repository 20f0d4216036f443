import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import type { CancelEnd } from '../../engine/index.ts'
import { printable } from '../../report/text/printable.ts'
import { shellWord } from '../../report/text/shell-word.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { reportFailure } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { jobStoreFlags } from '../command-line/run-flags.ts'
import { storeDirOfJob } from '../command-line/store-location.ts'
import { withStoreAt } from '../command-line/with-store.ts'

/** `reprise jobs cancel`: ends a job's run from another terminal. */
export const jobsCancelCommand = command({
  name: 'jobs cancel',
  description: "Ends a job's run, in the background or in another terminal.",
  positionals: [{ name: 'job', description: 'The job directory.', required: true }],
  flags: {
    now: { kind: 'switch', description: 'Kills what runs at once, without giving it time to end.' },
    ...jobStoreFlags,
  },
  notes: `What is done is kept, nothing half-done is, and the job can be gone on with. The command returns when the run is
gone; Ctrl-C ends the waiting only. A program of your own that runs the job is sent TERM, as the runner is.`,
  examples: [
    { line: 'reprise jobs cancel ./subtitles-talk', does: 'ends the run as Ctrl-C does, and waits for it' },
    { line: 'reprise jobs cancel ./subtitles-talk --now', does: 'ends it as the second Ctrl-C does' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout, stderr } = context
    const jobDir = resolve(cwd, positionals[0] ?? '')
    const shown = printable(displayPath(jobDir, cwd))
    const storePath = await storeDirOfJob(jobDir, flags.store, context)
    return withStoreAt(storePath, { readOnly: true }, context, async (store) => {
      const { cancelJob, readJob } = await import('../../engine/index.ts')
      const interrupt = interruptOn(process, () => {})
      const onAsked = ({ pid }: { readonly pid: number }) => {
        stderr.write(`${flags.now ? 'killing' : 'ending'} the run of ${shown} (pid ${pid})\n`)
      }
      const end = await cancelJob(store, jobDir, { now: flags.now, signal: interrupt.signal, onAsked }).finally(() =>
        interrupt.dispose(),
      )
      if (end.kind === 'not-running') {
        const job = await readJob(jobDir)
        if (!job.ok) return reportFailure(context, 'jobs cancel', job.error)
      }
      const { code, text } = told(end, shown)
      const output = code === exitCodes.ok ? stdout : stderr
      output.write(`${text}\n`)
      return code
    })
  },
})

function told(end: CancelEnd, shown: string): { readonly code: number; readonly text: string } {
  switch (end.kind) {
    case 'not-running':
      return { code: exitCodes.ok, text: `${shown} is not running: there is nothing to cancel` }
    case 'gone':
      return { code: exitCodes.ok, text: `the run is over; 'reprise run --job ${shellWord(shown)}' goes on from here` }
    case 'asked':
      return {
        code: exitCodes.interrupted,
        text: `the run (pid ${end.holder.pid}) has been asked to end, and is ending`,
      }
    case 'elsewhere':
      return {
        code: exitCodes.stepFailed,
        text: `${shown} is run in another container (there with the pid ${end.holder.pid}): cancel it there`,
      }
    case 'denied':
      return {
        code: exitCodes.stepFailed,
        text: `${shown} is run by another user (pid ${end.holder.pid}), who alone can cancel it`,
      }
    default:
      return end satisfies never
  }
}
