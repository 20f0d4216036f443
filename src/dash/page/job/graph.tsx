import { useMemo, useState } from 'preact/hooks'
import type { JobAnswer } from '../../api/messages.ts'
import { preview } from '../act/preview.ts'
import { State, toneOf } from '../parts/state.tsx'
import { useWidth } from '../parts/width.ts'
import { durationText } from '../parts/words.ts'
import { type Group, groupState, layOut } from './groups.ts'

/** Boxes and gaps shrink to these before the graph is scrolled. */
const widths = { most: 190, least: 108 } as const
const gaps = { most: 56, least: 16 } as const
const height = 80
const gapY = 18
const order = ['done', 'hit', 'skipped', 'running', 'failed', 'interrupted', 'not-yet'] as const

/** The groups of a job from left to right, and what they read. A fan-out is one box with a strip of its states. */
export function Graph({ answer, open }: { readonly answer: JobAnswer; readonly open: (group: Group) => void }) {
  const groups = useMemo(() => layOut(answer), [answer.steps, answer.needs])
  const [ground, setGround] = useState<HTMLElement | null>(null)
  const { width, gapX } = fitted(useWidth(ground), 1 + Math.max(0, ...groups.map(({ column }) => column)))
  const placeOf = new Map(groups.map((group) => [group.name, group]))
  const x = ({ column }: Group) => column * (width + gapX)
  const y = ({ row }: Group) => row * (height + gapY)
  const all = {
    width: Math.max(0, ...groups.map((group) => x(group))) + width,
    height: Math.max(0, ...groups.map((group) => y(group))) + height,
  }
  return (
    <section class="card graph" ref={setGround} aria-label="The graph of the steps; the list of steps says the same">
      <div class="graph-ground" style={{ width: `${all.width}px`, height: `${all.height}px` }}>
        <svg width={all.width} height={all.height} aria-hidden="true">
          {groups.flatMap((group) =>
            group.needs.map((name) => {
              const from = placeOf.get(name)
              if (from === undefined) return null
              const end = { x: x(from) + width, y: y(from) + height / 2 }
              const start = { x: x(group), y: y(group) + height / 2 }
              return <path key={`${name} ${group.name}`} d={edge(end, start, gapX)} />
            }),
          )}
        </svg>
        {groups.map((group) => (
          <Box key={group.name} group={group} left={x(group)} top={y(group)} width={width} open={open} />
        ))}
      </div>
    </section>
  )
}

interface Point {
  readonly x: number
  readonly y: number
}

/** Returns the line from the end of one box to the start of another; between rows of boxes where some stand in its way. */
function edge(from: Point, to: Point, gapX: number): string {
  const curve = (a: Point, b: Point) => `C${(a.x + b.x) / 2} ${a.y} ${(a.x + b.x) / 2} ${b.y} ${b.x} ${b.y}`
  if (to.x - from.x <= gapX) return `M${from.x} ${from.y}${curve(from, to)}`
  const y = Math.max(from.y, to.y) + (from.y === to.y ? 1 : -1) * ((height + gapY) / 2)
  const [left, right] = [
    { x: from.x + gapX, y },
    { x: to.x - gapX, y },
  ]
  return `M${from.x} ${from.y}${curve(from, left)}H${right.x}${curve(right, to)}`
}

/** What a graph has beside its boxes: the padding of its card. */
const aroundIt = 50

/** Returns how wide boxes and gaps are, so that the columns fit if they can. */
function fitted(wide: number, columns: number): { readonly width: number; readonly gapX: number } {
  const room = wide - aroundIt
  const whole = columns * widths.most + (columns - 1) * gaps.most
  const share = Math.min(1, Math.max(0, room / whole))
  return {
    width: Math.max(widths.least, Math.floor(widths.most * share)),
    gapX: Math.max(gaps.least, Math.floor(gaps.most * share)),
  }
}

interface BoxProps {
  readonly group: Group
  readonly left: number
  readonly top: number
  readonly width: number
  readonly open: (group: Group) => void
}

function Box({ group, left, top, width, open }: BoxProps) {
  const { name, rows, counts } = group
  const state = groupState(group)
  const ms = rows.reduce((sum, row) => sum + (row.ms ?? 0), 0)
  const done = counts.done + counts.hit + counts.skipped
  const counted = counts.failed > 0 ? counts.failed : done
  const words = rows.length === 1 ? (ms > 0 ? durationText(ms) : '') : `${counted} of ${rows.length}`
  return (
    <button
      type="button"
      class={`box ${toneOf(state)}`}
      style={{ left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` }}
      onClick={() => open(group)}
    >
      <span class="box-name">{name}</span>
      {preview.value === undefined ? (
        <span class="box-line">
          <State of={state} />
          <span class="soft small">{words}</span>
        </span>
      ) : (
        <Would group={group} />
      )}
      {rows.length > 1 && preview.value === undefined ? <Strip group={group} /> : null}
      {rows.length === 1 && rows[0]?.fraction !== undefined && state === 'running' ? (
        <progress class="bar" max={1} value={rows[0].fraction} aria-label={`progress of ${name}`} />
      ) : null}
    </button>
  )
}

/** What a run that is being considered would do with a group. */
function Would({ group: { name, rows } }: { readonly group: Group }) {
  const considered = preview.value
  if (considered === undefined) return null
  const isOf = (ids: ReadonlySet<string>) => rows.some(({ id }) => ids.has(id)) || ids.has(name) || ids.has(`${name}/*`)
  const ids = [...new Set([name, ...rows.map(({ id }) => id)])]
  const ms = ids.reduce((sum, id) => sum + (considered.stepMs[id] ?? 0), 0)
  const about = ms > 0 ? durationText(ms) : ''
  if (isOf(considered.executes)) return <Said tone="runs" word="would run" about={about} />
  if (isOf(considered.maybe)) return <Said tone="" word="may run" about={about} />
  return <Said tone="reused" word="reused" about="" />
}

function Said({ tone, word, about }: { readonly tone: string; readonly word: string; readonly about: string }) {
  return (
    <span class="box-line">
      <span class={`would ${tone}`}>{word}</span>
      <span class="soft small">{about}</span>
    </span>
  )
}

function Strip({ group: { counts, rows } }: { readonly group: Group }) {
  return (
    <span class="strip" aria-hidden="true">
      {order.map((state) =>
        counts[state] === 0 ? null : (
          <span key={state} class={toneOf(state)} style={{ flexGrow: String(counts[state] / rows.length) }} />
        ),
      )}
    </span>
  )
}
