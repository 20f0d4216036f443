import { useState } from 'preact/hooks'
import type { StepAnswer, WhyPart } from '../../api/messages.ts'
import { Compared } from '../media/takes.tsx'

const heads = {
  hit: 'Its result was there: nothing that it depends on has changed.',
  miss: 'It ran because:',
  skipped: 'It did not run:',
  unknown: 'It has not run yet, so nothing was decided.',
} as const

/** Why a step ran or did not: each part of its key that changed, with the value before and now. */
export function Why({ detail, job }: { readonly detail: StepAnswer; readonly job: string }) {
  const parts = detail.decision === 'hit' ? [] : detail.why
  return (
    <div class="why">
      <p>{heads[detail.decision]}</p>
      {parts.map((part) => (
        <Part key={part.text} part={part} />
      ))}
      {detail.hasBefore === true && detail.manifest !== undefined ? <BothResults detail={detail} job={job} /> : null}
      {detail.key === undefined ? null : (
        <p class="soft small below">
          key <code>{detail.key}</code>
        </p>
      )}
    </div>
  )
}

/** What the change made of the outputs, beside what they were. */
function BothResults({ detail, job }: { readonly detail: StepAnswer; readonly job: string }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <section class="output" aria-label="The result before and now">
      <p class="actions">
        <button type="button" class="button plain" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          Compare the results
        </button>
        {isOpen ? <span class="soft small">A is the result before, B the one now.</span> : null}
      </p>
      {isOpen ? <Compared detail={detail} job={job} pair={['before', undefined]} /> : null}
    </section>
  )
}

function Part({ part: { text, path, from, to } }: { readonly part: WhyPart }) {
  if (path === undefined) return <p class="why-part">{text}</p>
  if (path.startsWith('source')) return <p class="why-part">{text}</p>
  const [before, now] = [valueText(from), valueText(to)]
  const [head, tail] = sameEnds(before, now)
  return (
    <div class="why-part">
      <code class="path">{path}</code>
      <dl class="old-new">
        <dt>before</dt>
        <dd>
          <Changed text={before} head={head} tail={tail} tone="removed" />
        </dd>
        <dt>now</dt>
        <dd>
          <Changed text={now} head={head} tail={tail} tone="added" />
        </dd>
      </dl>
    </div>
  )
}

interface ChangedProps {
  readonly text: string
  readonly head: number
  readonly tail: number
  readonly tone: 'removed' | 'added'
}

function Changed({ text, head, tail, tone }: ChangedProps) {
  const end = text.length - tail
  const Mark = tone === 'removed' ? 'del' : 'ins'
  return (
    <code>
      {text.slice(0, head)}
      {end > head ? <Mark>{text.slice(head, end)}</Mark> : null}
      {text.slice(end)}
    </code>
  )
}

/** Returns how many characters two texts share at their beginnings and ends, up to the bounds of words. */
function sameEnds(a: string, b: string): readonly [head: number, tail: number] {
  const shorter = Math.min(a.length, b.length)
  let head = 0
  while (head < shorter && a[head] === b[head]) head += 1
  while (head > 0 && /[\w.]/.test(a[head - 1] ?? '')) head -= 1
  let tail = 0
  while (tail < shorter - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1
  while (tail > 0 && /[\w.]/.test(a.at(-tail) ?? '')) tail -= 1
  return [head, tail]
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'none'
  if (value === '') return '""'
  return typeof value === 'string' ? value : JSON.stringify(value, null, 1)
}
