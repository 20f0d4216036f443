/** A part of a sound with its cues, as it is drawn. */
export interface WaveView {
  readonly values: Uint8Array
  readonly perSecond: number
  /** What is in sight, in seconds. */
  readonly from: number
  readonly to: number
  /** Where the player is. */
  readonly at: number
  readonly cues: readonly { readonly start: number; readonly end: number; readonly text: string }[]
}

const ruler = 18
/** A cue that is narrower has no words on it. */
const wordsFrom = 28

/** Draws peaks, the spans of cues, a ruler and the playhead; about a millisecond, whatever the length. */
export function drawWave(canvas: HTMLCanvasElement, view: WaveView): void {
  const context = canvas.getContext('2d')
  if (context === null) return
  const scale = devicePixelRatio
  const [wide, high] = [canvas.clientWidth, canvas.clientHeight]
  if (canvas.width !== wide * scale || canvas.height !== high * scale) {
    canvas.width = wide * scale
    canvas.height = high * scale
  }
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.clearRect(0, 0, wide, high)
  const style = getComputedStyle(canvas)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const { from, to, at } = view
  const x = (seconds: number) => ((seconds - from) / Math.max(0.001, to - from)) * wide
  drawCues(context, view, { x, high, colour, font: style.fontFamily, now: at })
  drawPeaks(context, view, { wide, high, colour })
  drawRuler(context, view, { x, wide, high, colour, font: style.fontFamily })
  context.fillStyle = colour('--bad')
  context.fillRect(x(at) - 1, 0, 2, high)
}

type Colour = (name: string) => string

function drawPeaks(
  context: CanvasRenderingContext2D,
  view: WaveView,
  { wide, high, colour }: { readonly wide: number; readonly high: number; readonly colour: Colour },
): void {
  const middle = ruler + (high - ruler) / 2
  const half = (high - ruler) / 2 - 2
  context.fillStyle = colour('--speech')
  context.beginPath()
  for (const [column, loudest] of columnsOf(view, wide).entries()) {
    // Quiet speech is to be seen, too: loudness is not heard in proportion.
    const tall = Math.max(0.5, Math.sqrt(loudest / 255) * half)
    context.rect(column, middle - tall, 1, 2 * tall)
  }
  context.fill()
}

interface Columns {
  readonly name: string
  readonly loudest: Uint8Array
}

/** What is in sight of a sound moves seldom, and hours of it have many values. */
const shown = new WeakMap<Uint8Array, Columns>()

/** Returns the loudest value below each column, as far as the sound goes. */
function columnsOf({ values, perSecond, from, to }: WaveView, wide: number): Uint8Array {
  const name = `${from} ${to} ${wide}`
  const known = shown.get(values)
  if (known?.name === name) return known.loudest
  const perColumn = ((to - from) / wide) * perSecond
  const first = from * perSecond
  const loudest = new Uint8Array(Math.max(0, Math.min(wide, Math.ceil((values.length - first) / perColumn))))
  for (let column = 0; column < loudest.length; column++) {
    const begin = Math.max(0, Math.floor(first + column * perColumn))
    const end = Math.min(values.length, Math.max(begin + 1, Math.floor(first + (column + 1) * perColumn)))
    let most = 0
    for (let index = begin; index < end; index++) {
      const value = values[index] ?? 0
      if (value > most) most = value
    }
    loudest[column] = most
  }
  shown.set(values, { name, loudest })
  return loudest
}

function drawCues(
  context: CanvasRenderingContext2D,
  { cues, from, to }: WaveView,
  of: {
    readonly x: (seconds: number) => number
    readonly high: number
    readonly colour: Colour
    readonly font: string
    readonly now: number
  },
): void {
  const { x, high, colour, font, now } = of
  context.font = `12px ${font}`
  context.textBaseline = 'bottom'
  for (const { start, end, text } of cues) {
    if (end < from || start > to) continue
    const [left, right] = [x(start), x(end)]
    const isHeard = start <= now && now < end
    context.fillStyle = colour(isHeard ? '--both' : '--line')
    context.fillRect(left, ruler, Math.max(1, right - left), high - ruler)
    context.fillStyle = colour('--soft')
    context.fillRect(left, ruler, 1, high - ruler)
    if (right - left < wordsFrom) continue
    context.save()
    context.beginPath()
    context.rect(left + 3, ruler, right - left - 5, high - ruler)
    context.clip()
    context.fillStyle = colour('--ink')
    context.fillText(text.replaceAll('\n', ' '), left + 4, high - 3)
    context.restore()
  }
}

const rulerSteps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200]

function drawRuler(
  context: CanvasRenderingContext2D,
  { from, to }: WaveView,
  of: {
    readonly x: (seconds: number) => number
    readonly wide: number
    readonly high: number
    readonly colour: Colour
    readonly font: string
  },
): void {
  const { x, wide, colour, font } = of
  const step = rulerSteps.find((seconds) => (seconds / (to - from)) * wide >= 70) ?? 7200
  context.font = `11px ${font}`
  context.textBaseline = 'top'
  context.fillStyle = colour('--soft')
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    context.fillRect(x(at), ruler - 5, 1, 5)
    context.fillText(clock(at), x(at) + 3, 2)
  }
}

/** Returns a time as players show it; tenths where there are any. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const tenths = Math.floor((seconds - whole) * 10 + 0.001)
  return `${hours > 0 ? `${hours}:` : ''}${two(minutes)}:${two(whole % 60)}${tenths > 0 ? `.${tenths}` : ''}`
}
