import { html, Markup } from 'reprise'
import type { SoundKind } from '../results/hearing.ts'
import type { Span } from '../spans.ts'
import type { CallSummary, SideSummary } from './summary.ts'
import { peakIn } from './waveform.ts'

/** The width of a drawing, in its own units, and the height of the lane of a side. */
const width = 1000
const laneHeight = 56

/** Draws the sides of a call in its time: their waveforms, coloured by what is heard, with overlaps and dead air behind. */
export function lanesOf(call: CallSummary, columns: number): Markup {
  const { sides, lengthS, overlaps, deadAir } = call
  if (sides.length === 0 || lengthS === 0) return html``
  const height = laneHeight * sides.length
  const x = (seconds: number) => Math.round((seconds / lengthS) * width * 10) / 10
  const band = (spans: readonly Span[], name: string) =>
    spans.map(
      ({ fromS, toS }) =>
        html`<rect class="${name}" x="${x(fromS)}" y="0" width="${Math.max(1, x(toS) - x(fromS))}" height="${height}"/>`,
    )
  // The loudest moment of the call fills its lane.
  const loudest = Math.max(0.01, ...sides.map((side) => peakIn(side, 0, lengthS) ?? 0))
  const lanes = sides.map((side, index) =>
    laneOf(side, { lengthS, columns, loudest, middle: laneHeight * (index + 0.5) }),
  )
  return html`<svg class="lanes" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="Waveforms of ${call.id}" style="height:${height}px">${band(deadAir, 'dead')}${band(overlaps, 'both')}${lanes}</svg>`
}

interface Lane {
  readonly lengthS: number
  readonly columns: number
  readonly loudest: number
  readonly middle: number
}

function laneOf(side: SideSummary, { lengthS, columns, loudest, middle }: Lane): Markup {
  const paths: Record<SoundKind | 'silence', string> = { speech: '', music: '', noise: '', tone: '', silence: '' }
  const columnS = lengthS / columns
  let segment = 0
  for (let column = 0; column < columns; column++) {
    const [fromS, toS] = [column * columnS, (column + 1) * columnS]
    const peak = peakIn(side, fromS, toS)
    if (peak === undefined) continue
    for (let next = side.segments[segment]; next !== undefined && next.toS <= fromS; next = side.segments[++segment]);
    const heard = side.segments[segment]
    const kind = heard !== undefined && heard.fromS < toS ? heard.kind : 'silence'
    // Quiet speech can be seen, too: the height is the square root.
    const half = Math.max(0.6, Math.sqrt(peak / loudest) * (laneHeight / 2 - 3))
    const at = (((column + 0.5) * width) / columns).toFixed(1)
    paths[kind] += `M${at} ${(middle - half).toFixed(1)}V${(middle + half).toFixed(1)}`
  }
  const drawn = Object.entries(paths).filter(([, path]) => path !== '')
  return new Markup(drawn.map(([kind, path]) => `<path class="${kind}" d="${path}"/>`).join(''))
}
