import { useEffect, useRef, useState } from 'preact/hooks'
import type { JobAnswer } from '../../api/messages.ts'
import { JobActions } from '../act/job-actions.tsx'
import { Bar, Notice, useNow } from '../parts/bits.tsx'
import { useKeys } from '../parts/keys.ts'
import { barTone, runsOf, State } from '../parts/state.tsx'
import { countText, durationText, leftText } from '../parts/words.ts'
import { Drawer } from '../step/drawer.tsx'
import { OutputsOfJob } from '../step/job-outputs.tsx'
import { Graph } from './graph.tsx'
import type { Group } from './groups.ts'
import { openJob, watchJob } from './job-store.ts'
import { StepsTable } from './steps-table.tsx'
import { Timeline } from './timeline.tsx'

const views = ['graph', 'timeline', 'steps', 'outputs'] as const
type View = (typeof views)[number]
const isNarrow = () => innerWidth < 700

interface JobPageProps {
  readonly id: string
  readonly view: string | undefined
  readonly step: string | undefined
}

/** A job: how far it is, three views of the same steps, and a drawer with one of them. */
export function JobPage({ id, view: asked, step }: JobPageProps) {
  useEffect(() => watchJob(id), [id])
  const view = views.find((name) => name === asked) ?? (isNarrow() ? 'steps' : 'graph')
  const [filter, setFilter] = useState('')
  const search = useRef<HTMLInputElement | null>(null)
  const isSearchAsked = useRef(false)
  const go = (to: View, chosen?: string) => {
    location.hash = `#/job/${id}/${to}${chosen === undefined ? '' : `/${encodeURIComponent(chosen)}`}`
  }
  useKeys({
    g: () => go('graph'),
    t: () => go('timeline'),
    s: () => go('steps'),
    o: () => go('outputs'),
    '/': () => {
      // The field is drawn only with the steps.
      isSearchAsked.current = search.current === null
      if (search.current === null) go('steps')
      else search.current.focus()
    },
  })
  const open = openJob.value
  if (open.kind === 'reading') return <p class="soft starting">Reading the job ...</p>
  if (open.kind === 'absent') return <Notice tone="warn">{open.why}</Notice>
  const { answer } = open
  const openGroup = ({ name, rows }: Group) => {
    const [only] = rows
    if (rows.length === 1 && only !== undefined) go(view, only.id)
    else {
      setFilter(`step:${name}/`)
      go('steps')
    }
  }
  const failed = answer.steps.filter(({ state }) => state === 'failed')
  return (
    <>
      <Head answer={answer} />
      <JobActions answer={answer} />
      {failed.slice(0, 3).map(({ id: name, message }) => (
        <Notice key={name} tone="bad">
          <button type="button" class="link" onClick={() => go(view, name)}>
            {name}
          </button>{' '}
          failed: {message?.split('\n')[0]}
        </Notice>
      ))}
      {failed.length > 3 ? <p class="soft small below">and {failed.length - 3} more failed</p> : null}
      {answer.warnings.length === 0 ? null : <Warnings warnings={answer.warnings} />}
      <div class="tools">
        <div class="tabs" role="tablist" aria-label="Views of the steps">
          {views.map((name) => (
            <button
              type="button"
              role="tab"
              key={name}
              aria-selected={view === name}
              aria-controls="view"
              onClick={() => go(name)}
            >
              {name}
              <kbd>{name[0]}</kbd>
            </button>
          ))}
        </div>
        {view === 'steps' ? (
          <input
            ref={(field) => {
              search.current = field
              if (isSearchAsked.current) field?.focus()
              isSearchAsked.current = false
            }}
            type="search"
            class="wide"
            placeholder="Filter: words, state:failed, why:param"
            aria-label="Filter the steps"
            value={filter}
            onInput={({ currentTarget }) => setFilter(currentTarget.value)}
          />
        ) : null}
      </div>
      <div id="view" role="tabpanel" aria-label={view}>
        {view === 'graph' ? <Graph answer={answer} open={openGroup} /> : null}
        {view === 'timeline' ? <Timeline answer={answer} open={(name) => go(view, name)} /> : null}
        {view === 'steps' ? (
          <StepsTable steps={answer.steps} filter={filter} chosen={step} open={(name) => go(view, name)} />
        ) : null}
        {view === 'outputs' ? <OutputsOfJob answer={answer} /> : null}
      </div>
      <Facts answer={answer} />
      {step === undefined ? null : <Drawer key={step} answer={answer} step={step} close={() => go(view)} />}
    </>
  )
}

function Head({ answer: { job, run, steps } }: { readonly answer: JobAnswer }) {
  const now = useNow(1000)
  const { done = 0, total = 0 } = job
  const saved = steps.reduce((sum, { hit, ms }) => sum + (hit === true ? (ms ?? 0) : 0), 0)
  const isRunning = job.state === 'running'
  const elapsed = run === undefined ? 0 : isRunning ? Math.max(0, now - Date.parse(run.startedAt)) : (run.ms ?? 0)
  useEffect(() => {
    document.title = `${isRunning ? `${Math.floor((100 * done) / Math.max(1, total))}% ` : ''}${job.name} - Reprise`
  })
  const facts = [
    `${done} of ${countText(total, 'step')}`,
    ...(isRunning && run?.leftMs !== undefined ? [leftText(run.leftMs, run.leftAt, now)] : []),
    ...(elapsed > 0
      ? [isRunning ? `running for ${durationText(Math.floor(elapsed / 1000) * 1000)}` : `took ${durationText(elapsed)}`]
      : []),
    ...(saved > 0 ? [`${durationText(saved)} saved`] : []),
  ]
  return (
    <header class="job-head">
      <p class="small crumbs">
        <a href="#/">Jobs</a> / <span class="soft">{job.pipeline}</span>
      </p>
      <h1>
        {job.name} <State of={job.state} />
      </h1>
      <p class="soft small path">{job.path}</p>
      <p class="below">{facts.join(' · ')}</p>
      <Bar
        value={total === 0 ? 0 : done / total}
        label={`${done} of ${total} steps done`}
        tone={barTone(job.state, job.failed)}
      />
    </header>
  )
}

function Warnings({ warnings }: { readonly warnings: readonly string[] }) {
  return (
    <details class="notice warn">
      <summary>{countText(warnings.length, 'warning')}</summary>
      <ul>
        {warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </details>
  )
}

function Facts({ answer: { inputs, params, device, job, config } }: { readonly answer: JobAnswer }) {
  return (
    <section class="card facts">
      <h2>What it is</h2>
      <dl>
        {Object.entries(inputs).map(([name, path]) => (
          <Fact key={name} name={`input ${name}`} value={[path].flat().join(', ')} />
        ))}
        {Object.entries(params).map(([name, value]) => (
          <Fact key={name} name={name} value={typeof value === 'string' ? value : JSON.stringify(value)} />
        ))}
        <Fact name="device" value={device} />
        <Fact name="runs" value={String(runsOf(job))} />
        {config === undefined ? null : <Fact name="config" value={config} />}
      </dl>
    </section>
  )
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value === '' ? <span class="soft">empty</span> : value}</dd>
    </>
  )
}
