import type { FontChain } from '../../drawing/fonts.ts'
import { linePaths, textWidth } from '../../drawing/text.ts'
import type { Analysis } from '../song/analysis.ts'

/** The colours of a plot: `#rrggbb`. */
export interface PlotColors {
  readonly background: string
  readonly text: string
  readonly muted: string
  readonly grid: string
  readonly wave: string
  readonly energy: string
  readonly mark: string
  /** For the letters of sections, one after the other. */
  readonly sections: readonly string[]
}

export const plotColors = {
  light: {
    ...{ background: '#ffffff', text: '#1f2937', muted: '#6b7280', grid: '#e5e7eb', wave: '#64748b' },
    ...{ energy: '#ea580c', mark: '#dc2626' },
    sections: ['#bfdbfe', '#fde68a', '#bbf7d0', '#fecaca', '#ddd6fe', '#fbcfe8', '#a5f3fc', '#e7e5e4'],
  },
  dark: {
    ...{ background: '#0f172a', text: '#e5e7eb', muted: '#94a3b8', grid: '#1e293b', wave: '#94a3b8' },
    ...{ energy: '#fb923c', mark: '#f87171' },
    sections: ['#1e3a8a', '#78350f', '#14532d', '#7f1d1d', '#4c1d95', '#831843', '#164e63', '#44403c'],
  },
} as const satisfies Readonly<Record<string, PlotColors>>

interface Fonts {
  readonly regular: FontChain
  readonly bold: FontChain
}

interface Song {
  readonly title: string
  readonly analysis: Analysis
  /** The highest sample of each fiftieth of a second. */
  readonly peaks: Float32Array
}

const peaksASecond = 50
const width = 1600
const [left, right] = [70, 30]
const inner = width - left - right
/** Above the waveform, where the names of sections are. */
const stripHeight = 32

/** Returns a picture of a whole song as SVG: waveform, sections, bars, energy, tempo. */
export function overviewSvg({ title, analysis, peaks }: Song, colors: PlotColors, fonts: Fonts): string {
  const { durationS, sections, bars, tempo, key, metre, energy } = analysis
  const x = (seconds: number) => left + (inner * seconds) / Math.max(0.001, durationS)
  const wave = { top: 130, height: 250 }
  const rhythm = { top: 450, height: 80 }
  const height = 600
  const facts = [
    tempo.bpm === 0 ? 'no beat' : `${tempo.bpm.toFixed(1)} bpm`,
    ...(tempo.bpm === 0 ? [] : [`${metre.beatsPerBar} beats a bar`]),
    key === null ? 'no key' : `${key.tonic} ${key.mode}`,
    `${clock(durationS)}`,
    `${bars.length} bars`,
  ].join('  ·  ')
  const letters = [...new Set(sections.map(({ label }) => label))]
  const bpms = tempo.curve.map(({ bpm }) => bpm)
  const [slowest, fastest] = [Math.min(...bpms, tempo.bpm) - 5, Math.max(...bpms, tempo.bpm) + 5]
  const y = (bpm: number) => rhythm.top + rhythm.height * (1 - (bpm - slowest) / Math.max(1, fastest - slowest))
  const parts = [
    text(title, { x: left, y: 44, size: 26, fill: colors.text, chain: fonts.bold }),
    text(facts, { x: left, y: 74, size: 16, fill: colors.muted, chain: fonts.regular }),
    ...sections.flatMap(({ startS, endS, label, occurrence }) => {
      const fill = colors.sections[letters.indexOf(label) % colors.sections.length] ?? colors.grid
      const wide = Math.max(1, x(endS) - x(startS) - 2)
      const name = `${label}${occurrence}`
      return [
        rect(x(startS) + 1, wave.top - stripHeight, wide, wave.height + stripHeight, fill, 6),
        ...(textWidth(name, { chain: fonts.bold, size: 16 }) + 12 > wide
          ? []
          : [text(name, { x: x(startS) + 8, y: wave.top - 11, size: 16, fill: colors.text, chain: fonts.bold })]),
      ]
    }),
    ...barLines(analysis, x, wave, colors),
    `<path fill="${colors.wave}" d="${wavePath(peaks, x, durationS, wave)}"/>`,
    `<path fill="none" stroke="${colors.energy}" stroke-width="2.5" stroke-linejoin="round" d="${line(energy.values.map((value, at) => [x(at * energy.stepS), wave.top + wave.height * (1 - value)]))}"/>`,
    ...analysis.impacts.map(({ atS }) => triangle(x(atS), wave.top + wave.height + 4, colors.mark)),
    ...timeAxis(durationS, x, wave.top + wave.height + 30, colors, fonts),
    text('tempo, bpm', { x: left, y: rhythm.top - 8, size: 14, fill: colors.muted, chain: fonts.regular }),
    ...[slowest + 5, fastest - 5].map((bpm, at, both) =>
      at === 1 && Math.abs(bpm - (both[0] ?? 0)) < 2
        ? ''
        : rect(left, y(bpm), inner, 1, colors.grid) +
          rightText(String(Math.round(bpm)), left - 10, y(bpm) + 5, colors.muted, fonts.regular),
    ),
    `<path fill="none" stroke="${colors.energy}" stroke-width="2.5" d="${line(tempo.curve.map(({ atS, bpm }) => [x(atS), y(bpm)]))}"/>`,
    text(
      'grey: waveform    orange: energy, tempo    red: impacts    colours: sections, the same where they sound alike',
      {
        ...{ x: left, y: height - 22, size: 14, fill: colors.muted, chain: fonts.regular },
      },
    ),
  ]
  return svg(height, colors, parts)
}

/** Returns a picture of some seconds of a song as SVG: each beat with its number, and the onsets of each band. */
export function closeUpSvg(
  { title, analysis, peaks }: Song,
  fromS: number,
  toS: number,
  colors: PlotColors,
  fonts: Fonts,
): string {
  const x = (seconds: number) => left + (inner * (seconds - fromS)) / Math.max(0.001, toS - fromS)
  const wave = { top: 100, height: 200 }
  const rows = 330
  const isIn = ({ atS }: { readonly atS: number }) => atS >= fromS && atS < toS
  const shown = peaks.subarray(Math.floor(fromS * peaksASecond), Math.ceil(toS * peaksASecond))
  const parts = [
    text(title, { x: left, y: 44, size: 26, fill: colors.text, chain: fonts.bold }),
    text(`${clock(fromS)} to ${clock(toS)}: beats and onsets`, {
      x: left,
      y: 74,
      size: 16,
      fill: colors.muted,
      chain: fonts.regular,
    }),
    ...analysis.beats.filter(isIn).flatMap(({ atS, position, confidence }) => [
      rect(
        x(atS) - (position === 1 ? 1.5 : 0.75),
        wave.top,
        position === 1 ? 3 : 1.5,
        wave.height,
        position === 1 ? colors.mark : colors.muted,
        0,
        0.35 + 0.65 * confidence,
      ),
      text(String(position), {
        x: x(atS) + 5,
        y: wave.top + 14,
        size: 14,
        fill: position === 1 ? colors.mark : colors.muted,
        chain: fonts.regular,
      }),
    ]),
    `<path fill="${colors.wave}" d="${wavePath(shown, (seconds) => x(fromS + seconds), toS - fromS, wave)}"/>`,
    ...timeAxis(toS - fromS, (seconds) => x(fromS + seconds), wave.top + wave.height + 22, colors, fonts, fromS),
    ...(['high', 'mid', 'low'] as const).flatMap((band, row) => [
      rightText(band, left - 10, rows + 34 + row * 44, colors.muted, fonts.regular),
      rect(left, rows + 40 + row * 44, inner, 1, colors.grid),
      ...analysis.onsets[band].filter(isIn).map(({ atS, confidence }) => {
        const tall = 6 + 28 * confidence
        return rect(x(atS) - 1, rows + 40 + row * 44 - tall, 2, tall, colors.energy)
      }),
    ]),
  ]
  return svg(520, colors, parts)
}

function svg(height: number, { background }: PlotColors, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><rect width="${width}" height="${height}" fill="${background}"/>${parts.join('')}</svg>`
}

interface Band {
  readonly top: number
  readonly height: number
}

/** Where there are many bars, each fourth, eighth ... one has a line. */
function barLines({ bars }: Analysis, x: (seconds: number) => number, { top, height }: Band, colors: PlotColors) {
  let each = 1
  while (bars.length / each > 120) each *= 2
  return bars
    .filter((_, at) => at % each === 0)
    .map(({ startS }) => rect(x(startS), top + height - 14, 1, 14, colors.text, 0, 0.55))
}

function wavePath(
  peaks: Float32Array,
  x: (seconds: number) => number,
  durationS: number,
  { top, height }: Band,
): string {
  const middle = top + height / 2
  const columns = Math.min(inner / 2, peaks.length)
  const tall = Array.from({ length: columns }, (_, column) => {
    const [from, to] = [
      Math.floor((column * peaks.length) / columns),
      Math.ceil(((column + 1) * peaks.length) / columns),
    ]
    return (0.46 * height * Math.max(0.004, ...peaks.subarray(from, to))) / Math.max(1, ...peaks.subarray(from, to))
  })
  const place = (column: number) => x(((column + 0.5) * durationS) / columns)
  const upper = tall.map((value, column) => [place(column), middle - value] as const)
  const lower = tall.map((value, column) => [place(column), middle + value] as const).reverse()
  return `${line([...upper, ...lower])}Z`
}

function timeAxis(
  durationS: number,
  x: (seconds: number) => number,
  y: number,
  colors: PlotColors,
  fonts: Fonts,
  offsetS = 0,
): readonly string[] {
  const step = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800].find((seconds) => durationS / seconds <= 14) ?? 3600
  return Array.from({ length: Math.floor(durationS / step + 1e-9) + 1 }, (_, at) => {
    const label = clock(offsetS + at * step, step < 1)
    const half = textWidth(label, { chain: fonts.regular, size: 14 }) / 2
    return text(label, { x: x(at * step) - half, y, size: 14, fill: colors.muted, chain: fonts.regular })
  })
}

function line(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')
}

function rect(x: number, y: number, wide: number, tall: number, fill: string, round = 0, opacity = 1): string {
  const more = `${round === 0 ? '' : ` rx="${round}"`}${opacity === 1 ? '' : ` opacity="${opacity.toFixed(2)}"`}`
  return `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${wide.toFixed(1)}" height="${tall.toFixed(1)}" fill="${fill}"${more}/>`
}

function triangle(x: number, y: number, fill: string): string {
  return `<path fill="${fill}" d="M${x.toFixed(1)} ${y}l5 9h-10z"/>`
}

interface TextPlace {
  readonly x: number
  readonly y: number
  readonly size: number
  readonly fill: string
  readonly chain: FontChain
}

function text(content: string, { x, y, size, fill, chain }: TextPlace): string {
  return linePaths(content, { chain, size }, { x, y, fill })
}

function rightText(content: string, x: number, y: number, fill: string, chain: FontChain): string {
  return text(content, { x: x - textWidth(content, { chain, size: 14 }), y, size: 14, fill, chain })
}

/** Returns minutes and seconds, such as 1:05. */
function clock(seconds: number, hasTenths = false): string {
  const rounded = hasTenths ? Math.round(seconds * 10) / 10 : Math.round(seconds)
  const rest = rounded % 60
  return `${Math.floor(rounded / 60)}:${hasTenths ? rest.toFixed(1).padStart(4, '0') : String(rest).padStart(2, '0')}`
}
