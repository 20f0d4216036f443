import { useRef, useState } from 'preact/hooks'
import type { JobRow, JobState } from '../../api/messages.ts'
import { connection, jobs } from '../live/live.ts'
import { Bar, Command, Notice, useNow } from '../parts/bits.tsx'
import { useKeys } from '../parts/keys.ts'
import { barTone, runsOf, State } from '../parts/state.tsx'
import { agoText, countText, durationText, leftText } from '../parts/words.ts'

const filters: readonly { readonly name: string; readonly states: readonly JobState[] }[] = [
  { name: 'All', states: [] },
  { name: 'Running', states: ['running'] },
  { name: 'To go on with', states: ['failed', 'cancelled', 'interrupted'] },
  { name: 'Done', states: ['completed'] },
]

/** All jobs, the running ones first. */
export function JobsPage() {
  const [text, setText] = useState('')
  const [filter, setFilter] = useState(0)
  const search = useRef<HTMLInputElement>(null)
  const now = useNow(10_000)
  const answer = jobs.value
  useKeys({
    '/': () => search.current?.focus(),
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
  })
  if (answer === undefined)
    return <p class="soft starting">{connection.value === 'lost' ? '' : 'Reading the jobs ...'}</p>
  if (answer.problem !== undefined) return <StoreProblem problem={answer.problem} />
  if (answer.jobs.length === 0) return <NoJobs />
  const count = (states: readonly JobState[]) =>
    answer.jobs.filter(({ state }) => states.length === 0 || states.includes(state)).length
  const states = filters[filter]?.states ?? []
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const shown = answer.jobs.filter((job) => (states.length === 0 || states.includes(job.state)) && isFound(job, words))
  return (
    <>
      <div class="head page-head">
        <div>
          <h1>Jobs</h1>
          <p class="soft">{summaryOf(answer.jobs)}</p>
        </div>
        <a class="button" href="#/new">
          New job
        </a>
      </div>
      <div class="tools">
        <input
          ref={search}
          type="search"
          placeholder="Search  ( / )"
          aria-label="Search jobs by name, pipeline or directory"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setText('')
            if (event.key === 'ArrowDown' || event.key === 'Enter') moveFocus(1)
          }}
        />
        <fieldset class="chips">
          <legend class="unseen">Which jobs</legend>
          {filters.map(({ name, states: of }, index) => (
            <button
              type="button"
              key={name}
              class="chip"
              aria-pressed={filter === index}
              onClick={() => setFilter(index)}
            >
              {name} <span class="count">{count(of)}</span>
            </button>
          ))}
        </fieldset>
      </div>
      {shown.length === 0 ? (
        <Notice>No job is like that. {text === '' ? '' : 'Clear the search to see all.'}</Notice>
      ) : (
        <section class="card list">
          <table class="jobs">
            <colgroup>
              <col class="state-column" />
              <col />
              <col class="pipeline-column" />
              <col class="progress-column" />
              <col class="runs-column" />
              <col class="when-column" />
            </colgroup>
            <thead>
              <tr>
                <th>State</th>
                <th>Job</th>
                <th>Pipeline</th>
                <th>Progress</th>
                <th class="num">Runs</th>
                <th>Last active</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((job) => (
                <Row key={job.id} job={job} now={now} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {answer.gone === 0 ? null : (
        <p class="soft small below">
          {countText(answer.gone, 'job')} more, whose directories no longer exist; their results are still in the store.
        </p>
      )}
    </>
  )
}

function Row({ job, now }: { readonly job: JobRow; readonly now: number }) {
  const { id, state, name, path, pipeline, activeAt, problem } = job
  return (
    <tr class="job">
      <td>
        <State of={state} />
      </td>
      <td class="name">
        <a href={`#/job/${id}`} class="job-link">
          {name}
        </a>
        <span class="soft small path">{problem ?? path}</span>
      </td>
      <td data-label="Pipeline">{pipeline}</td>
      <td class="progress">
        <Progress job={job} now={now} />
      </td>
      <td class="num" data-label="Runs">
        {runsOf(job)}
      </td>
      <td class="when" data-label="Last active">
        {state === 'running' ? 'now' : agoText(activeAt, now)}
      </td>
    </tr>
  )
}

function Progress({ job, now }: { readonly job: JobRow; readonly now: number }) {
  const { state, done, total, leftMs, leftAt, failed, ended } = job
  if (ended !== undefined) return <Ended ended={ended} state={state} />
  if (state === 'interrupted') return <span class="soft small">killed before it ended</span>
  if (done === undefined || total === undefined || total === 0) return null
  const left = state === 'running' && leftMs !== undefined ? `, ${leftText(leftMs, leftAt, now)}` : ''
  const bad = failed === undefined ? '' : `, ${failed} failed`
  return (
    <>
      <Bar value={done / total} label={`${done} of ${total} steps done`} tone={barTone(state, failed)} />
      <span class="soft small">
        {done} of {total}
        {bad}
        {left}
      </span>
    </>
  )
}

interface EndedProps {
  readonly ended: NonNullable<JobRow['ended']>
  readonly state: JobState
}

/** How a run ended; how many steps it would have had is not known where it did not get so far. */
function Ended({ ended: { executed, cached, failed, savedMs, durationMs }, state }: EndedProps) {
  const done = executed + cached
  const words = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    `${countText(done, 'step')}${failed > 0 || state !== 'completed' ? ' done' : ''}`,
    savedMs > 0 ? `saved ${durationText(savedMs)}` : `took ${durationText(durationMs)}`,
  ]
  return <span class={failed > 0 ? 'small' : 'soft small'}>{words.join(', ')}</span>
}

function summaryOf(all: readonly JobRow[]): string {
  const running = all.filter(({ state }) => state === 'running').length
  const left = all.filter(({ state }) => ['failed', 'cancelled', 'interrupted'].includes(state)).length
  const parts = [
    ...(running > 0 ? [`${running} running`] : []),
    ...(left > 0 ? [`${left} to go on with`] : []),
    countText(all.length, 'job'),
  ]
  return parts.join(', ')
}

function isFound({ name, path, pipeline, state }: JobRow, words: readonly string[]): boolean {
  const all = `${name} ${path} ${pipeline} ${state}`.toLowerCase()
  return words.every((word) => all.includes(word))
}

/** Moves the focus among the rows' links. */
function moveFocus(by: number): void {
  const links = [...document.querySelectorAll<HTMLElement>('a.job-link')]
  const { activeElement } = document
  const at = activeElement instanceof HTMLElement ? links.indexOf(activeElement) : -1
  links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus()
}

function NoJobs() {
  return (
    <section class="card hero">
      <h1>No jobs yet</h1>
      <p class="soft">A job is one pipeline on one set of inputs. Make the first one here, or in a terminal:</p>
      <p class="below">
        <a class="button" href="#/new">
          New job
        </a>
      </p>
      <ul class="commands">
        <li>
          <Command line="reprise list" /> <span class="soft">shows the pipelines</span>
        </li>
        <li>
          <Command line="reprise run subtitles talk.mp4" /> <span class="soft">subtitles a film</span>
        </li>
        <li>
          <Command line="reprise init" /> <span class="soft">makes a pipeline of your own</span>
        </li>
      </ul>
    </section>
  )
}

function StoreProblem({ problem }: { readonly problem: string }) {
  const isAbsent = /does not exist|no store/i.test(problem)
  if (isAbsent) return <NoJobs />
  return (
    <section class="card hero">
      <h1>The store cannot be read</h1>
      <p class="bad">{problem}</p>
      <p class="below">
        <Command line="reprise doctor" /> <span class="soft">says what is wrong and what to do</span>
      </p>
    </section>
  )
}
