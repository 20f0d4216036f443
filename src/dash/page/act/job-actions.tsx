import { useState } from 'preact/hooks'
import type { JobAnswer } from '../../api/messages.ts'
import { post, wordsOf } from '../live/server.ts'
import { announced, Command, Notice } from '../parts/bits.tsx'

/** What can be done with a job as it is, and the command for it. */
export function JobActions({ answer: { job } }: { readonly answer: JobAnswer }) {
  const [state, setState] = useState<'idle' | 'stopping' | { readonly problem: string }>('idle')
  const cancel = () => {
    setState('stopping')
    announced.value = 'stopping'
    post('api/cancel', { job: job.id }).catch((error: unknown) => setState({ problem: wordsOf(error) }))
  }
  if (job.state !== 'running') return null
  return (
    <div class="actions">
      <button type="button" class="button danger" onClick={cancel} disabled={state === 'stopping'}>
        {state === 'stopping' ? 'Stopping; finished steps are kept ...' : 'Cancel the run'}
      </button>
      <Command line={`reprise jobs cancel ${job.word}`} />
      {typeof state === 'object' ? <Notice tone="bad">{state.problem}</Notice> : null}
    </div>
  )
}
