import { useState } from 'preact/hooks'
import type { JobAnswer } from '../../api/messages.ts'
import { PlanPanel } from './plan-panel.tsx'

const choices = {
  rerun: ['Run again', 'Run it again'],
  reroll: ['Another take', 'Make another take'],
} as const

/** What can be done with a step; it says first what else that would compute. */
export function StepActions({ answer: { job }, step }: { readonly answer: JobAnswer; readonly step: string }) {
  const [choice, setChoice] = useState<keyof typeof choices>()
  if (job.state === 'running') return null
  return (
    <>
      <div class="actions">
        {(['rerun', 'reroll'] as const).map((kind) => (
          <button
            type="button"
            key={kind}
            class="button plain"
            aria-expanded={choice === kind}
            onClick={() => setChoice(choice === kind ? undefined : kind)}
          >
            {choices[kind][0]}
          </button>
        ))}
      </div>
      {choice === undefined ? null : (
        <PlanPanel
          order={{ kind: choice, job: job.id, step }}
          verb={choices[choice][1]}
          close={() => setChoice(undefined)}
        />
      )}
    </>
  )
}
