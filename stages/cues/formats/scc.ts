import type { Cue } from '../cues.ts'
import { charCount, wrapLines } from '../lines.ts'
import { sccBytes, sccLetter, sccPair } from './scc-letters.ts'

const columns = 32
const mostRows = 4
const framesPerS = 30_000 / 1001
const [load, clearNext, show, clearShown] = ['9420', '94ae', '942f', '942c']

/** Captions, and how many characters CEA-608 has no letter for. */
export interface SccFile {
  readonly text: string
  readonly unwritable: number
}

/**
 * Returns cues as Scenarist SCC (CEA-608, pop-on, channel 1) with drop-frame time codes. What a cue says is sent two letters
 * a frame while the one before is shown, so that it appears in time. Lines have 32 letters; longer ones are broken anew.
 */
export function formatScc(cues: readonly Cue[]): SccFile {
  const lines: string[] = []
  let unwritable = 0
  let freeFrame = 0
  let openUntil: number | undefined
  for (const cue of cues) {
    const body = codesOf(cue)
    unwritable += body.unwritable
    const codes = [load, load, clearNext, clearNext, ...body.codes, show, show]
    const startFrame = frameOf(cue.startMs)
    let from = Math.max(freeFrame, startFrame - codes.length + 2)
    if (openUntil !== undefined) {
      if (openUntil + 2 <= from) lines.push(line(openUntil, [clearShown, clearShown]))
      else if (openUntil < startFrame - 2) {
        from = Math.max(freeFrame, from - 2)
        codes.splice(Math.min(codes.length - 2, Math.max(4, openUntil - from)), 0, clearShown, clearShown)
      }
    }
    lines.push(line(from, codes))
    freeFrame = from + codes.length
    openUntil = Math.max(frameOf(cue.endMs), freeFrame)
  }
  if (openUntil !== undefined) lines.push(line(openUntil, [clearShown, clearShown]))
  return { text: `Scenarist_SCC V1.0\n\n${lines.join('\n\n')}\n`, unwritable }
}

function frameOf(ms: number): number {
  return Math.round((ms / 1000) * framesPerS)
}

function line(frame: number, codes: readonly string[]): string {
  return `${timeCode(frame)}\t${codes.join(' ')}`
}

/** Of each minute but the tenth, drop-frame counting leaves out two numbers (SMPTE ST 12-1). */
function timeCode(frame: number): string {
  const [tens, rest] = [Math.floor(frame / 17_982), frame % 17_982]
  const count = frame + 18 * tens + (rest < 2 ? 0 : 2 * Math.floor((rest - 2) / 1798))
  const pad = (value: number) => String(Math.floor(value)).padStart(2, '0')
  return `${pad(count / 108_000)}:${pad((count / 1800) % 60)}:${pad((count / 30) % 60)};${pad(count % 30)}`
}

function codesOf({ lines }: Cue): { readonly codes: readonly string[]; readonly unwritable: number } {
  const fitting = lines.every((text) => charCount(text) <= columns)
    ? lines
    : wrapLines(lines.join(' ').split(' '), columns)
  const rows = fitting.slice(0, mostRows)
  let unwritable = 0
  const codes = rows.flatMap((text, index) => {
    const letters = [...text].slice(0, columns)
    const indent = Math.floor((columns - letters.length) / 2)
    const made = [...preamble(15 - rows.length + 1 + index, indent)]
    let half: number | undefined
    const flush = () => {
      if (half !== undefined) made.push(pair(half, 0))
      half = undefined
    }
    for (const letter of letters) {
      const bytes = sccBytes(letter)
      if (bytes === undefined) unwritable += 1
      for (const [at, byte] of (bytes ?? [0x3f]).entries()) {
        if (byte < 0x20) {
          flush()
          made.push(pair(byte, bytes?.[at + 1] ?? 0), pair(byte, bytes?.[at + 1] ?? 0))
          break
        }
        if (half === undefined) half = byte
        else {
          made.push(pair(half, byte))
          half = undefined
        }
      }
    }
    flush()
    return made
  })
  return { codes, unwritable }
}

/** The two bytes that say on which row, from 1 to 15, a line begins. */
const rowBytes: readonly (readonly [number, number])[] = [
  ...([
    [0x11, 0x40],
    [0x11, 0x60],
    [0x12, 0x40],
    [0x12, 0x60],
    [0x15, 0x40],
    [0x15, 0x60],
    [0x16, 0x40],
    [0x16, 0x60],
  ] as const),
  ...([
    [0x17, 0x40],
    [0x17, 0x60],
    [0x10, 0x40],
    [0x13, 0x40],
    [0x13, 0x60],
    [0x14, 0x40],
    [0x14, 0x60],
  ] as const),
]

/** Commands are sent twice, so that one that is lost is not. */
function preamble(row: number, indent: number): readonly string[] {
  const [first, second] = rowBytes[row - 1] ?? [0x14, 0x60]
  const place = pair(first, second + 0x10 + 2 * Math.floor(indent / 4))
  const tab = indent % 4
  return [place, place, ...(tab === 0 ? [] : [pair(0x17, 0x20 + tab), pair(0x17, 0x20 + tab)])]
}

function pair(first: number, second: number): string {
  return [first, second].map((byte) => withParity(byte).toString(16).padStart(2, '0')).join('')
}

/** The highest bit makes the number of ones odd. */
function withParity(byte: number): number {
  let ones = 0
  for (let bits = byte; bits > 0; bits >>= 1) ones += bits & 1
  return ones % 2 === 1 ? byte : byte | 0x80
}

/** Returns the captions of an SCC file: pop-on, roll-up and paint-on, of channel 1; undefined for another file. */
export function readScc(text: string): readonly Cue[] | undefined {
  if (!/^\ufeff?Scenarist_SCC V1\.0/.test(text)) return undefined
  const reader = new SccReader()
  for (const [, hours, minutes, seconds, point, frames, codes = ''] of text.matchAll(
    /^(\d\d):(\d\d):(\d\d)([:;.,])(\d\d)[ \t]+([\da-f \t]+)$/gim,
  )) {
    const wholeMinutes = Number(hours) * 60 + Number(minutes)
    const dropped = point === ':' ? 0 : 2 * (wholeMinutes - Math.floor(wholeMinutes / 10))
    let frame = (wholeMinutes * 60 + Number(seconds)) * 30 + Number(frames) - dropped
    for (const code of codes.trim().split(/\s+/)) {
      reader.take(Number.parseInt(code, 16), frame)
      frame += 1
    }
  }
  return reader.end()
}

class SccReader {
  readonly #cues: Cue[] = []
  #loading: string[] = []
  #shown: { readonly lines: readonly string[]; readonly frame: number } | undefined
  #isPopOn = true
  #last = 0
  #frame = 0

  take(code: number, frame: number): void {
    const [first, second] = [(code >> 8) & 0x7f, code & 0x7f]
    this.#frame = frame
    const isRepeated = first < 0x20 && code === this.#last
    this.#last = isRepeated ? 0 : code
    if (isRepeated || code === 0) return
    if (first >= 0x20) {
      this.#add(sccLetter(first))
      if (second >= 0x20) this.#add(sccLetter(second))
      return
    }
    const letter = sccPair(first, second)
    if (letter !== undefined) {
      if (letter.replaces) this.#loading.push((this.#loading.pop() ?? '').slice(0, -1))
      this.#add(letter.letter)
      return
    }
    const isCommand = (first === 0x14 || first === 0x15) && second >= 0x20 && second < 0x30
    const isPlace = second >= 0x40
    if (isCommand) this.#command(second)
    else if (isPlace && this.#loading.at(-1) !== '') this.#loading.push('')
  }

  end(): readonly Cue[] {
    this.#clear(this.#frame + 90)
    return this.#cues
  }

  #add(letter: string): void {
    this.#loading.push((this.#loading.pop() ?? '') + letter)
  }

  #command(command: number): void {
    if (command === 0x20) this.#isPopOn = true
    if (command === 0x25 || command === 0x26 || command === 0x27 || command === 0x29) this.#isPopOn = false
    if (command === 0x2e) this.#loading = []
    if (command === 0x2c) {
      if (!this.#isPopOn) this.#display()
      this.#clear(this.#frame)
    }
    // The end of a caption, or of a line that rolls up.
    if (command === 0x2f || (command === 0x2d && !this.#isPopOn)) this.#display()
  }

  #display(): void {
    const lines = this.#loading.map((text) => text.trim()).filter((text) => text !== '')
    this.#loading = []
    this.#clear(this.#frame)
    if (lines.length > 0) this.#shown = { lines, frame: this.#frame }
  }

  #clear(frame: number): void {
    if (this.#shown === undefined) return
    const ms = (of: number) => Math.round((of / framesPerS) * 1000)
    const { lines, frame: from } = this.#shown
    this.#shown = undefined
    if (frame > from) this.#cues.push({ startMs: ms(from), endMs: ms(frame), lines })
  }
}
