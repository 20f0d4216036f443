import { useMemo, useState } from 'preact/hooks'
import type { StepRow } from '../../api/messages.ts'
import { useNow } from '../parts/bits.tsx'
import { State } from '../parts/state.tsx'
import { useWidth } from '../parts/width.ts'
import { useWindow } from '../parts/window.ts'
import { durationText, sizeText } from '../parts/words.ts'

const rowHeights = { wide: 36, narrow: 60 } as const
/** Where a table is narrower, a row has two lines. */
const narrow = 600

interface StepsProps {
  readonly steps: readonly StepRow[]
  readonly filter: string
  readonly chosen: string | undefined
  readonly open: (id: string) => void
}

/** All steps, of which only those in sight are drawn: ten thousand are as quick as ten. */
export function StepsTable({ steps, filter, chosen, open }: StepsProps) {
  const [scrolled, setScrolled] = useState<HTMLElement | null>(null)
  const shown = useMemo(() => filterRows(steps, filter), [steps, filter])
  const isNarrow = useWidth(scrolled) < narrow
  const rowHeight = isNarrow ? rowHeights.narrow : rowHeights.wide
  const { from, to, height, topOf } = useWindow(scrolled, shown.length, rowHeight)
  const now = useNow(steps.some(({ state }) => state === 'running') ? 1000 : 60_000)
  const hasMemory = useMemo(() => steps.some(({ peakBytes }) => peakBytes !== undefined), [steps])
  if (shown.length === 0) return <p class="notice">No step is like that.</p>
  return (
    <section class={`card steps ${isNarrow ? 'narrow' : hasMemory ? '' : 'no-memory'}`}>
      <div class="steps-head" aria-hidden="true">
        <span>State</span>
        <span>Step</span>
        <span>Why</span>
        <span class="num">Took</span>
        <span class="num memory">Memory</span>
      </div>
      <section
        style={{ height: `min(${shown.length * rowHeight}px, 62vh, 620px)` }}
        class="steps-scroll"
        ref={setScrolled}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        tabIndex={0}
        aria-label={`${shown.length} steps`}
      >
        <ul class="steps-list" style={{ height: `${height}px` }}>
          {shown.slice(from, to).map((row, index) => (
            <li key={row.id} style={{ transform: `translateY(${topOf(from + index)}px)` }}>
              <button type="button" class="step-row" aria-current={row.id === chosen} onClick={() => open(row.id)}>
                <State of={row.hit === true ? 'hit' : row.state} />
                <span class="step-name">{row.id}</span>
                <span class="step-why soft" title={row.message ?? row.why}>
                  {row.state === 'failed' ? (
                    <span class="bad">{row.message?.split('\n')[0]}</span>
                  ) : (
                    (row.note ?? row.why ?? row.message)
                  )}
                </span>
                <span class="num">{tookText(row, now)}</span>
                <span class="num soft memory">{row.peakBytes === undefined ? '' : sizeText(row.peakBytes)}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
    </section>
  )
}

function tookText({ state, ms, startedAt, fraction, hit }: StepRow, now: number): string {
  if (state === 'running' && startedAt !== undefined) {
    const percent = fraction === undefined ? '' : `${Math.floor(fraction * 100)}%, `
    return percent + durationText(Math.floor(Math.max(0, now - Date.parse(startedAt)) / 1000) * 1000)
  }
  if (ms === undefined) return ''
  return hit === true ? `saved ${durationText(ms)}` : durationText(ms)
}

/** Filters by words; `state:failed` and `why:maxLineChars` look in one column. */
export function filterRows(steps: readonly StepRow[], filter: string): readonly StepRow[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return steps
  return steps.filter((row) =>
    words.every((word) => {
      const [, column, text = ''] = /^(state|why|step):(.*)$/.exec(word) ?? []
      const state = row.hit === true ? 'reused' : row.state
      if (column === 'state') return state.startsWith(text)
      if (column === 'why') return (row.why ?? '').toLowerCase().includes(text)
      if (column === 'step') return row.id.toLowerCase().startsWith(text)
      return `${row.id} ${state} ${row.why ?? ''} ${row.message ?? ''}`.toLowerCase().includes(word)
    }),
  )
}
