import { html, type Markup, nameInId, type ReportedStep } from '../../core/index.ts'
import { durationText, sizeText } from '../text/amounts.ts'

const width = 860
const labelWidth = 150
const rowHeight = 22
const ticks = 5
const memoryHeight = 56

interface Row {
  readonly name: string
  readonly bars: readonly ReportedStep[]
}

/**
 * Returns when each step of the last run executed, a row for each step and one for all items of a fan-out. The steps that
 * the run waited for are outlined, and below stands how much memory was in use.
 */
export function timeline(steps: readonly ReportedStep[], runMs: number): Markup | undefined {
  const rows = new Map<string, ReportedStep[]>()
  for (const step of steps) {
    if (step.ranMs === undefined) continue
    const name = nameInId(step.step)
    rows.set(name, [...(rows.get(name) ?? []), step])
  }
  if (rows.size === 0) return undefined
  const lengthMs = Math.max(1, runMs, ...steps.map(({ ranMs }) => ranMs?.end ?? 0))
  const memory = memoryLine(steps, lengthMs)
  const height = rows.size * rowHeight + (memory === undefined ? 0 : memoryHeight)
  const x = (ms: number) => labelWidth + ((width - labelWidth) * ms) / lengthMs
  const lines = Array.from({ length: ticks + 1 }, (_, tick) => (lengthMs * tick) / ticks)
  return html`<div class="scroll"><svg class="timeline" viewBox="0 0 ${width} ${height + 24}" role="img" aria-label="When each step executed">
${lines.map((ms) => html`<line x1="${x(ms)}" x2="${x(ms)}" y1="0" y2="${height}"/><text class="tick" x="${x(ms)}" y="${height + 16}" text-anchor="${ms === 0 ? 'start' : ms === lengthMs ? 'end' : 'middle'}">${durationText(ms)}</text>`)}
${[...rows].map(([name, bars], row) => rowOf({ name, bars }, row * rowHeight, x))}
${memory === undefined ? undefined : html`<g transform="translate(0 ${rows.size * rowHeight})">${memory}</g>`}
</svg></div>
<p class="soft small">Outlined: the steps that the run waited for, one after the other. A run can only get shorter where they do.</p>`
}

function rowOf({ name, bars }: Row, y: number, x: (ms: number) => number): Markup {
  const label = bars.length === 1 ? name : `${name} (${bars.length})`
  return html`<text x="0" y="${y + 15}">${label.length > 22 ? `${label.slice(0, 21)}…` : label}</text>
${bars.map(({ step, state, isCritical, ranMs = { start: 0, end: 0 } }) => {
  const [from, to] = [x(ranMs.start), x(ranMs.end)]
  return html`<rect class="${isCritical === true ? `${state} critical` : state}" x="${from.toFixed(1)}" y="${y + 4}" width="${Math.max(2, to - from).toFixed(1)}" height="${rowHeight - 8}" rx="3"><title>${step}: ${durationText(ranMs.end - ranMs.start)}</title></rect>`
})}`
}

/** The peaks of the steps that ran at the same time, added: they need not have been at the same moment, so it is at most that. */
function memoryLine(steps: readonly ReportedStep[], lengthMs: number): Markup | undefined {
  const changes = steps.flatMap(({ ranMs, peakRssBytes }) =>
    ranMs === undefined || peakRssBytes === undefined
      ? []
      : [
          { atMs: ranMs.start, bytes: peakRssBytes },
          { atMs: ranMs.end, bytes: -peakRssBytes },
        ],
  )
  if (changes.length === 0) return undefined
  let bytes = 0
  const levels = changes
    .sort((one, other) => one.atMs - other.atMs || one.bytes - other.bytes)
    .map((change) => {
      bytes += change.bytes
      return { atMs: change.atMs, bytes }
    })
  const most = levels.reduce((top, level) => Math.max(top, level.bytes), 0)
  const [top, bottom] = [10, memoryHeight - 8]
  const x = (ms: number) => (labelWidth + ((width - labelWidth) * ms) / lengthMs).toFixed(1)
  const y = (level: number) => (bottom - ((bottom - top) * level) / most).toFixed(1)
  const path = levels.map((level) => `H${x(level.atMs)}V${y(level.bytes)}`).join('')
  return html`<text x="0" y="${top + 16}">memory</text><text class="tick" x="0" y="${top + 32}">at most ${sizeText(most)}</text>
<path class="memory" d="M${labelWidth} ${bottom}${path}H${width}"/>`
}
