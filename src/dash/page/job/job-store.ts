import { signal } from '@preact/signals'
import type { JobAnswer, StepRow, StreamMessage } from '../../api/messages.ts'
import { onMessage } from '../live/live.ts'
import { get, ServerError, wordsOf } from '../live/server.ts'
import { announced } from '../parts/bits.tsx'

type Patch = Extract<StreamMessage, { readonly kind: 'job' }>

/** What the page knows of the job that it shows. */
export type OpenJob =
  | { readonly kind: 'reading' }
  | { readonly kind: 'absent'; readonly why: string }
  | { readonly kind: 'read'; readonly answer: JobAnswer }

/** The job that the page shows; its rows are the same list until a row changes. */
export const openJob = signal<OpenJob>({ kind: 'reading' })

const retryMs = 1000

/** Shows a job and keeps it up to date, until the returned function is called. */
export function watchJob(id: string): () => void {
  let isOver = false
  let isReading = false
  let isStale = false
  let missed: Patch[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  openJob.value = { kind: 'reading' }

  const read = async () => {
    if (isReading) {
      isStale = true
      return
    }
    isReading = true
    isStale = false
    missed = []
    try {
      const answer = await get<JobAnswer>('api/job', { job: id })
      if (isOver) return
      openJob.value = { kind: 'read', answer }
      isReading = false
      for (const patch of missed) apply(patch)
    } catch (error) {
      if (isOver) return
      // A job that was just started may not be in the store's list yet.
      if (error instanceof ServerError && error.status === 404) timer = setTimeout(() => void read(), retryMs)
      if (openJob.value.kind !== 'read') openJob.value = { kind: 'absent', why: wordsOf(error) }
    } finally {
      isReading = false
      if (isStale && !isOver) void read()
    }
  }
  const apply = (patch: Patch) => {
    const current = openJob.value
    if (current.kind !== 'read' || patch.seq <= current.answer.seq) return
    if (patch.seq > current.answer.seq + 1) void read()
    else openJob.value = { kind: 'read', answer: patched(current.answer, patch) }
  }
  const stop = onMessage((message) => {
    if (message.kind === 'reset') void read()
    if (message.kind === 'stale' && message.id === id) void read()
    if (message.kind !== 'job' || message.job.id !== id) return
    if (isReading) missed.push(message)
    else apply(message)
  })
  void read()
  return () => {
    isOver = true
    clearTimeout(timer)
    stop()
  }
}

function patched(answer: JobAnswer, { job, seq, run, steps, warnings }: Patch): JobAnswer {
  for (const { id, state } of steps) if (state === 'failed') announced.value = `${id} failed`
  if (job.state !== answer.job.state) announced.value = `the job is ${job.state}`
  return {
    ...answer,
    job,
    seq,
    ...(run === undefined ? {} : { run }),
    ...(warnings === undefined ? {} : { warnings }),
    steps: steps.length === 0 ? answer.steps : withRows(answer.steps, steps),
  }
}

function withRows(rows: readonly StepRow[], changed: readonly StepRow[]): readonly StepRow[] {
  const next = new Map(changed.map((row) => [row.id, row]))
  const replaced = rows.map((row) => {
    const other = next.get(row.id)
    if (other === undefined) return row
    next.delete(row.id)
    return other
  })
  // A list that a step computes has items now: they come where its open step was.
  return next.size === 0 ? replaced : [...replaced.filter(({ id }) => !isOpened(id, next)), ...next.values()]
}

function isOpened(id: string, added: ReadonlyMap<string, StepRow>): boolean {
  if (!id.includes('/*')) return false
  const name = id.slice(0, id.indexOf('/'))
  return [...added.keys()].some((other) => other.startsWith(`${name}/`))
}
