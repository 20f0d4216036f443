import type { JobAnswer } from '../../api/messages.ts'
import { Command } from '../parts/bits.tsx'

/** What can be done with a step, and the commands for it. */
export function StepActions({ answer: { job }, step }: { readonly answer: JobAnswer; readonly step: string }) {
  return (
    <div class="actions">
      <Command line={`reprise explain ${job.word} ${step}`} />
    </div>
  )
}
