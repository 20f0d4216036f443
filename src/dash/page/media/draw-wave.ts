/** A part of a sound with its cues, as it is drawn. */
export interface WaveView {
  readonly values: Uint8Array
  readonly perSecond: number
  /** What is in sight, in seconds. */
  readonly from: number
  readonly to: number
  /** Where the player is. */
  readonly at: number
  /** All cues of the track; the words of those that have room for them are asked for. */
  readonly cues: readonly TextTrackCue[]
  readonly wordsOf: (cue: TextTrackCue) => string
}

const ruler = 18
/** A cue that is narrower, in CSS pixels, has no line at its start. */
const edgeFrom = 3
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
  const { from, to, at } = view
  const x = (seconds: number) => ((seconds - from) / Math.max(0.001, to - from)) * wide
  const look = { ...lookOf(canvas), x, wide, high }
  drawCues(context, view, look)
  drawPeaks(context, view, look)
  drawRuler(context, view, look)
  context.fillStyle = look.bad
  context.fillRect(x(at) - 1, 0, 2, high)
}

/** What a drawing looks like, and where a time is on it. Sizes are in CSS pixels. */
interface Look extends ReturnType<typeof lookOf> {
  readonly x: (seconds: number) => number
  readonly wide: number
  readonly high: number
}

/** To ask a style for a colour takes longer than to draw with it, so that each is asked for once a frame. */
function lookOf(canvas: HTMLCanvasElement) {
  const style = getComputedStyle(canvas)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  return {
    speech: colour('--speech'),
    heard: colour('--both'),
    line: colour('--line'),
    soft: colour('--soft'),
    ink: colour('--ink'),
    bad: colour('--bad'),
    font: style.fontFamily,
  }
}

function drawPeaks(context: CanvasRenderingContext2D, view: WaveView, { wide, high, speech }: Look): void {
  const middle = ruler + (high - ruler) / 2
  const half = (high - ruler) / 2 - 2
  context.fillStyle = speech
  for (const [column, loudest] of columnsOf(view, wide).entries()) {
    // Quiet speech is to be seen, too: loudness is not heard in proportion.
    const tall = Math.max(0.5, Math.sqrt(loudest / 255) * half)
    context.fillRect(column, middle - tall, 1, 2 * tall)
  }
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

function drawCues(context: CanvasRenderingContext2D, { cues, wordsOf, from, to, at }: WaveView, look: Look): void {
  const { x, high, font } = look
  const inSight = cues.flatMap((cue) => {
    const { startTime: start, endTime: end } = cue
    if (end < from || start > to) return []
    return [{ cue, left: x(start), right: x(end), isHeard: start <= at && at < end }]
  })
  for (const { left, right, isHeard } of inSight) {
    context.fillStyle = isHeard ? look.heard : look.line
    context.fillRect(left, ruler, Math.max(1, right - left), high - ruler)
  }
  context.fillStyle = look.soft
  for (const { left, right } of inSight) {
    if (right - left >= edgeFrom) context.fillRect(left, ruler, 1, high - ruler)
  }
  context.fillStyle = look.ink
  context.font = `12px ${font}`
  context.textBaseline = 'bottom'
  for (const { cue, left, right } of inSight) {
    if (right - left < wordsFrom) continue
    context.fillText(fitting(context, wordsOf(cue).replaceAll('\n', ' '), right - left - 8), left + 4, high - 3)
  }
}

/** Returns a text, or as many letters of it as there is room for, with an ellipsis. */
function fitting(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text
  const letters = [...text]
  let [fits, tooMany] = [0, letters.length]
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1
    if (context.measureText(`${letters.slice(0, middle).join('').trimEnd()}…`).width <= room) fits = middle
    else tooMany = middle
  }
  return fits === 0 ? '' : `${letters.slice(0, fits).join('').trimEnd()}…`
}

const rulerSteps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200]

function drawRuler(context: CanvasRenderingContext2D, { from, to }: WaveView, { x, wide, soft, font }: Look): void {
  const step = rulerSteps.find((seconds) => (seconds / (to - from)) * wide >= 70) ?? 7200
  context.font = `11px ${font}`
  context.textBaseline = 'top'
  context.fillStyle = soft
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
