import { useEffect, useRef, useState } from 'preact/hooks'
import type { JobAnswer, StepAnswer } from '../../api/messages.ts'
import { StepActions } from '../act/step-actions.tsx'
import { get, wordsOf } from '../live/server.ts'
import { Takes } from '../media/takes.tsx'
import { Notice } from '../parts/bits.tsx'
import { useKeys } from '../parts/keys.ts'
import { State } from '../parts/state.tsx'
import { durationText, sizeText } from '../parts/words.ts'
import { Log } from './log.tsx'
import { OutputView } from './viewer.tsx'
import { Why } from './why.tsx'

const tabs = ['why', 'output', 'log', 'manifest', 'takes'] as const
type Tab = (typeof tabs)[number]

interface DrawerProps {
  readonly answer: JobAnswer
  readonly step: string
  readonly close: () => void
}

/** One step beside the job: why it ran, what it made, what it said. */
export function Drawer({ answer, step, close }: DrawerProps) {
  const row = answer.steps.find(({ id }) => id === step)
  const [tab, setTab] = useState<Tab>(row?.state === 'failed' || row?.state === 'running' ? 'log' : 'why')
  const [detail, setDetail] = useState<StepAnswer | { readonly problem: string }>()
  const panel = useRef<HTMLElement>(null)
  const job = answer.job.id
  useEffect(() => {
    let isOver = false
    get<StepAnswer>('api/step', { job, step }).then(
      (value) => isOver || setDetail(value),
      (error: unknown) => isOver || setDetail({ problem: wordsOf(error) }),
    )
    return () => {
      isOver = true
    }
    // The takes of a run are recorded when it ends, after its steps.
  }, [job, step, row?.state, answer.run?.id, answer.job.state])
  useEffect(() => {
    const before = document.activeElement
    panel.current?.focus()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  useKeys({
    Escape: close,
    ...Object.fromEntries(tabs.map((name, index) => [String(index + 1), () => setTab(name)])),
  })
  if (row === undefined) return null
  return (
    <aside class="drawer" aria-label={`step ${step}`} ref={panel} tabIndex={-1}>
      <div class="head drawer-head">
        <h2>{step}</h2>
        <button type="button" class="quiet-button" onClick={close} aria-label="Close the step (Esc)">
          close
        </button>
      </div>
      <p class="drawer-facts">
        <State of={row.hit === true ? 'hit' : row.state} />
        {row.ms === undefined ? null : (
          <span>{row.hit === true ? `saved ${durationText(row.ms)}` : durationText(row.ms)}</span>
        )}
        {row.peakBytes === undefined ? null : <span class="soft">{sizeText(row.peakBytes)} memory</span>}
        {(row.attempts ?? 0) > 1 ? <span class="warn">{row.attempts} attempts</span> : null}
      </p>
      {row.message === undefined ? null : (
        <Notice tone={row.state === 'failed' ? 'bad' : ''}>
          <span class="lines">{row.message}</span>
        </Notice>
      )}
      <StepActions answer={answer} step={step} />
      <div class="tabs" role="tablist" aria-label="What to see of the step">
        {tabs.map((name, index) => (
          <button
            type="button"
            role="tab"
            key={name}
            aria-selected={tab === name}
            aria-controls="step-view"
            onClick={() => setTab(name)}
          >
            {name}
            <kbd>{index + 1}</kbd>
          </button>
        ))}
      </div>
      <div id="step-view" role="tabpanel" aria-label={tab}>
        {tab === 'log' ? <Log job={job} step={step} isRunning={row.state === 'running'} /> : null}
        {tab === 'log' ? null : detail === undefined ? (
          <p class="soft">Reading ...</p>
        ) : 'problem' in detail ? (
          <Notice tone="bad">{detail.problem}</Notice>
        ) : (
          <Detail tab={tab} detail={detail} job={job} />
        )}
      </div>
    </aside>
  )
}

function Detail({ tab, detail, job }: { readonly tab: Tab; readonly detail: StepAnswer; readonly job: string }) {
  if (tab === 'why') return <Why detail={detail} job={job} />
  if (tab === 'takes') return <Takes detail={detail} job={job} />
  if (tab === 'manifest') {
    if (detail.manifest === undefined) return <p class="soft">It has no manifest: it has not run to an end.</p>
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    return <pre tabIndex={0}>{JSON.stringify(detail.manifest, null, 2)}</pre>
  }
  const files = detail.outputs.filter(({ files: of }) => of.length > 0)
  if (files.length === 0) return <p class="soft">There is no output yet.</p>
  return (
    <>
      {files.map((output) => (
        <OutputView key={output.name} job={job} step={detail.id} output={output} others={detail.outputs} />
      ))}
    </>
  )
}
