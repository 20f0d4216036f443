import { useMemo, useState } from 'preact/hooks'
import type { JobAnswer, StepRow } from '../../api/messages.ts'
import { useNow } from '../parts/bits.tsx'
import { toneOf } from '../parts/state.tsx'
import { useWidth } from '../parts/width.ts'
import { durationText } from '../parts/words.ts'
import { nameOf } from './groups.ts'

/** The padding of the card around it. */
const aroundIt = 40
const widths = { most: 1200, least: 260, label: 150, letter: 6.6, tick: 110 } as const
const rowHeight = 26
/** More bars in a row than this cannot be told apart. */
const barsMax = 600

/** When each step of the last run executed: a row for a step, and one for all items of a fan-out. */
export function Timeline({ answer, open }: { readonly answer: JobAnswer; readonly open: (id: string) => void }) {
  const [ground, setGround] = useState<HTMLElement | null>(null)
  const wide = useWidth(ground)
  const isRunning = answer.job.state === 'running'
  const now = useNow(isRunning ? 500 : 60_000)
  const rows = useMemo(() => rowsOf(answer.steps), [answer.steps])
  const beganMs = Date.parse(answer.run?.startedAt ?? '')
  const nowMs = isRunning ? Math.max(0, now - beganMs) : 0
  const lengthMs = Math.max(
    1,
    nowMs,
    answer.run?.ms ?? 0,
    ...rows.flatMap(([, bars]) => bars.map(({ ran }) => ran?.[1] ?? 0)),
  )
  if (rows.length === 0)
    return <p class="notice">Nothing was executed in the last run: every result was there already.</p>
  const width = Math.floor(Math.min(widths.most, Math.max(widths.least, wide - aroundIt)))
  const labelWidth = Math.min(widths.label, Math.floor(width * 0.3))
  const ticks = Math.max(2, Math.floor((width - labelWidth) / widths.tick))
  const x = (ms: number) => labelWidth + ((width - labelWidth) * ms) / lengthMs
  const height = rows.length * rowHeight
  const lines = Array.from({ length: ticks + 1 }, (_, tick) => (lengthMs * tick) / ticks)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="card scroll" tabIndex={0} aria-label="Timeline" ref={setGround}>
      <svg class="timeline" width={width} height={height + 24} role="img" aria-label="When each step executed">
        {lines.map((ms) => (
          <g key={ms}>
            <line x1={x(ms)} x2={x(ms)} y1={0} y2={height} />
            <text
              class="tick"
              x={x(ms)}
              y={height + 16}
              text-anchor={ms === 0 ? 'start' : ms === lengthMs ? 'end' : 'middle'}
            >
              {durationText(ms)}
            </text>
          </g>
        ))}
        {rows.map(([name, bars], index) => (
          <g key={name}>
            <text x={0} y={index * rowHeight + 17}>
              {label(bars.length === 1 ? name : `${name} (${bars.length})`, labelWidth)}
              <title>{name}</title>
            </text>
            {bars.slice(0, barsMax).map(({ id, state, ran = [0, 0] }) => {
              const end = state === 'running' ? Math.max(ran[1], nowMs) : ran[1]
              return (
                // biome-ignore lint/a11y/noStaticElementInteractions: the list of steps is its equal for the keyboard
                <rect
                  key={id}
                  class={toneOf(state)}
                  x={x(ran[0])}
                  y={index * rowHeight + 5}
                  width={Math.max(2, x(end) - x(ran[0]))}
                  height={rowHeight - 10}
                  rx={3}
                  onClick={() => open(id)}
                >
                  <title>{`${id}: ${durationText(end - ran[0])}`}</title>
                </rect>
              )
            })}
          </g>
        ))}
      </svg>
    </section>
  )
}

function rowsOf(steps: readonly StepRow[]): readonly [string, readonly StepRow[]][] {
  const rows = new Map<string, StepRow[]>()
  for (const step of steps) {
    if (step.ran === undefined) continue
    const name = nameOf(step.id)
    rows.set(name, [...(rows.get(name) ?? []), step])
  }
  return [...rows]
}

function label(text: string, width: number): string {
  const letters = Math.floor((width - 8) / widths.letter)
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text
}
