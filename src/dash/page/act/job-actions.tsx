import { useState } from 'preact/hooks'
import type { JobAnswer } from '../../api/messages.ts'
import { post, wordsOf } from '../live/server.ts'
import { announced, Command, Notice } from '../parts/bits.tsx'
import { countText } from '../parts/words.ts'
import { ChangeParams } from './change-params.tsx'
import { PlanPanel } from './plan-panel.tsx'

/** What can be done with a job as it is, each with its cost and its command. */
export function JobActions({ answer }: { readonly answer: JobAnswer }) {
  const { job } = answer
  const [choice, setChoice] = useState<'resume' | 'params'>()
  if (job.state === 'running') return <Cancel answer={answer} />
  const goesOn = job.state !== 'completed'
  const choose = (next: 'resume' | 'params') => setChoice(choice === next ? undefined : next)
  return (
    <>
      <div class="actions">
        <button
          type="button"
          class={goesOn ? 'button' : 'button plain'}
          aria-expanded={choice === 'resume'}
          onClick={() => choose('resume')}
        >
          {goesOn ? 'Go on' : 'Run again'}
        </button>
        <button type="button" class="button plain" aria-expanded={choice === 'params'} onClick={() => choose('params')}>
          Change params
        </button>
      </div>
      {choice === 'resume' ? (
        <PlanPanel
          order={{ kind: 'resume', job: job.id }}
          verb={goesOn ? 'Go on' : 'Run'}
          close={() => setChoice(undefined)}
        />
      ) : null}
      {job.state === 'interrupted' ? (
        <Notice tone="warn">
          The last run was killed before it could end. What it finished is kept, and going on computes the rest.
          {answer.onWorkers === undefined ? null : <EndLeft answer={answer} />}
        </Notice>
      ) : null}
      {choice === 'params' ? <ChangeParams answer={answer} close={() => setChoice(undefined)} /> : null}
    </>
  )
}

/** Ends what workers still have of a run that was killed. */
function EndLeft({ answer: { job, onWorkers = 0 } }: { readonly answer: JobAnswer }) {
  const [state, setState] = useState<'idle' | 'asking' | { readonly tone: '' | 'bad'; readonly text: string }>('idle')
  const end = () => {
    setState('asking')
    post('api/cancel', { job: job.id }).then(
      () => setState({ tone: '', text: 'The workers have ended what they had of it.' }),
      (error: unknown) => setState({ tone: 'bad', text: wordsOf(error) }),
    )
  }
  return (
    <div class="actions">
      <span>{countText(onWorkers, 'step')} may still run on workers.</span>
      <button type="button" class="button plain" onClick={end} disabled={state === 'asking'}>
        {state === 'asking' ? 'Asking the workers ...' : 'End them'}
      </button>
      <Command line={`reprise jobs cancel ${job.word}`} />
      {typeof state === 'object' ? <Notice tone={state.tone}>{state.text}</Notice> : null}
    </div>
  )
}

function Cancel({ answer: { job } }: { readonly answer: JobAnswer }) {
  const [state, setState] = useState<'idle' | 'stopping' | { readonly problem: string }>('idle')
  const cancel = () => {
    setState('stopping')
    announced.value = 'stopping'
    post('api/cancel', { job: job.id }).catch((error: unknown) => setState({ problem: wordsOf(error) }))
  }
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
