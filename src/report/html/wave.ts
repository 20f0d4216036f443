import { html, type Markup, type ReportedFile } from '../../core/index.ts'
import { durationText } from '../text/amounts.ts'

const width = 860
const height = 56

/** Returns how loud a film or sound is over time, with the spans of its cues. */
export function waveOf(wave: NonNullable<ReportedFile['wave']>, captions: string | undefined): Markup {
  const { seconds, values } = wave
  const step = width / Math.max(1, values.length)
  const half = height / 2
  // Quiet speech is to be seen, too: loudness is not heard in proportion.
  const tall = (value: number) => Math.max(0.5, Math.sqrt(value / 255) * (half - 2))
  const path = values.map((value, index) => {
    const reach = tall(value)
    return `M${(index * step).toFixed(1)} ${(half - reach).toFixed(1)}v${(2 * reach).toFixed(1)}`
  })
  const x = (at: number) => ((width * at) / Math.max(0.001, seconds)).toFixed(1)
  return html`<svg class="wave" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="How loud it is over ${durationText(seconds * 1000)}">
${cuesIn(captions ?? '').map(({ start, end, text }) => html`<rect x="${x(start)}" y="0" width="${x(Math.max(0, end - start))}" height="${height}"><title>${text}</title></rect>`)}
<path d="${path.join('')}" stroke-width="${Math.max(1, step * 0.8).toFixed(1)}"/></svg>`
}

interface Span {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Reads the spans of a WebVTT file, as far as a drawing needs them. */
function cuesIn(text: string): readonly Span[] {
  const time = String.raw`((?:\d+:)?\d\d:\d\d\.\d{3})`
  const cue = new RegExp(`${time} --> ${time}[^\\n]*\\n([^]*?)(?:\\n\\n|$)`, 'g')
  return [...text.replaceAll('\r', '').matchAll(cue)].map(([, start = '', end = '', words = '']) => ({
    start: secondsOf(start),
    end: secondsOf(end),
    text: words.replace(/<[^>]*>/g, '').trim(),
  }))
}

function secondsOf(text: string): number {
  return text.split(':').reduce((sum, part) => 60 * sum + Number(part), 0)
}
