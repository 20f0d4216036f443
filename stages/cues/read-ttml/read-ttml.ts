import type { Cue } from '../cues.ts'
import { decodedXml } from '../formats/xml-text.ts'
import { plainStyle, type StyledText, stylingOf, type TextStyle } from '../styled/styled-text.ts'
import { readTtmlLook, styleIn, type TtmlLook } from './look.ts'
import { attributeOf, tagsOf, withoutComments } from './tags.ts'
import { readTtmlClock, type TtmlClock, timeOf } from './times.ts'

/** An element that is open. Times are in milliseconds from the start of the film. */
interface Open {
  readonly name: string
  readonly startMs: number
  /** Undefined where nothing ends it. */
  readonly endMs: number | undefined
  readonly style: TextStyle
  readonly isAtTop: boolean
  /** Whether it, or what it is in, says when it is shown. */
  readonly isTimed: boolean
  /** Children follow one another (`timeContainer="seq"`): the next one starts here. */
  nextMs: number | undefined
}

/** A piece of text of a paragraph, while it is shown. */
interface TimedPiece extends StyledText {
  readonly startMs: number
  readonly endMs: number | undefined
  readonly isTimed: boolean
}

const root: Open = {
  name: 'tt',
  startMs: 0,
  endMs: undefined,
  style: plainStyle,
  isAtTop: false,
  isTimed: false,
  nextMs: undefined,
}

/**
 * Returns what TTML shows, and so DFXP, IMSC, EBU-TT-D and SMPTE-TT; undefined for other XML. Times, styles and regions
 * of `body` and `div` hold for what is in them (W3C TTML2, sections 8, 11 and 12). A paragraph whose spans have times of
 * their own gives a cue for each time at which it shows something else. There are no entities but those of XML itself.
 */
export function readTtml(text: string): readonly Cue[] | undefined {
  const opening = /<(?:[\w-]+:)?tt(?=[\s>])[^>]*>/.exec(text)
  if (opening === null) return undefined
  const plain = withoutComments(text)
  const look = readTtmlLook(plain, opening[0])
  const clock = readTtmlClock(opening[0])
  const cues: Cue[] = []
  const open: Open[] = []
  let pieces: TimedPiece[] = []
  const inParagraph = () => open.some(({ name }) => name === 'p')
  const around = () => open.at(-1) ?? root
  /** How many elements are open whose text is not shown. */
  let hidden = 0
  const add = (said: string) => {
    const { style, startMs, endMs, isTimed } = around()
    if (hidden === 0 && inParagraph()) pieces.push({ ...style, text: said, startMs, endMs, isTimed })
  }
  for (const { before, name, attributes, isOpening, isClosing } of tagsOf(plain)) {
    add(decodedXml(before.replace(/\s+/g, ' ')))
    if (name === 'br' && isOpening) add('\n')
    if (about.has(name)) hidden = Math.max(0, hidden + (isOpening ? 1 : 0) - (isClosing ? 1 : 0))
    if (!holding.has(name)) continue
    if (isOpening) open.push(opened(around(), name, attributes, look, clock))
    if (!isClosing) continue
    // XML whose tags do not match is none, and still says what it shows.
    const at = open.findLastIndex((one) => one.name === name)
    const ended = at === -1 ? undefined : open.splice(at)[0]
    const parent = open.at(-1)
    if (parent?.nextMs !== undefined) parent.nextMs = ended?.endMs ?? parent.nextMs
    if (ended?.name !== 'p') continue
    cues.push(...cuesOf(pieces, ended.isAtTop))
    pieces = []
  }
  return cues
}

const holding = new Set(['body', 'div', 'p', 'span'])
/** What is said of the text, and not shown. */
const about = new Set(['metadata', 'desc', 'title', 'agent'])

function opened(parent: Open, name: string, attributes: string, look: TtmlLook, clock: TtmlClock): Open {
  const [begin, end, duration] = ['begin', 'end', 'dur'].map((key) => timeOf(attributeOf(attributes, key), clock))
  const base = parent.nextMs ?? parent.startMs
  const startMs = base + (begin ?? 0)
  const ends = [
    end === undefined ? undefined : base + end,
    duration === undefined ? undefined : startMs + duration,
    parent.endMs,
  ].filter((ms) => ms !== undefined)
  const region = look.regions.get(attributeOf(attributes, 'region') ?? '')
  return {
    name,
    startMs,
    endMs: ends.length === 0 ? undefined : Math.min(...ends),
    style: styleIn(look, attributes, region === undefined ? parent.style : styleIn(look, region.style, parent.style)),
    isAtTop: region?.isAtTop ?? parent.isAtTop,
    isTimed: parent.isTimed || begin !== undefined || end !== undefined || duration !== undefined,
    nextMs: attributeOf(attributes, 'timeContainer') === 'seq' ? startMs : undefined,
  }
}

/** A paragraph that changes more often is not one that grows, and to look at each of its moments would take for ever. */
const momentsMax = 200

/** Returns what the pieces of a paragraph show, one cue for each time at which they show something else. */
function cuesOf(all: readonly TimedPiece[], isAtTop: boolean): readonly Cue[] {
  const pieces = all.filter(({ isTimed, startMs, endMs }) => isTimed && endMs !== undefined && endMs > startMs)
  const moments = [...new Set(pieces.flatMap(({ startMs, endMs = startMs }) => [startMs, endMs]))].sort((a, b) => a - b)
  if (moments.length > momentsMax)
    return pieces.flatMap((piece) => cueOf([piece], piece.startMs, piece.endMs ?? piece.startMs, isAtTop))
  const cues: Cue[] = []
  for (const [index, startMs] of moments.entries()) {
    const endMs = moments[index + 1]
    if (endMs === undefined) break
    const shown = pieces.filter((piece) => piece.startMs <= startMs && endMs <= (piece.endMs ?? startMs))
    const before = cues.at(-1)
    for (const cue of cueOf(shown, startMs, endMs, isAtTop)) {
      const goesOn = before?.endMs === cue.startMs && JSON.stringify(before.lines) === JSON.stringify(cue.lines)
      if (goesOn) cues[cues.length - 1] = { ...before, endMs: cue.endMs }
      else cues.push(cue)
    }
  }
  return cues
}

/** Returns the cue that shows some pieces; none where they have no letters. */
function cueOf(pieces: readonly TimedPiece[], startMs: number, endMs: number, isAtTop: boolean): readonly Cue[] {
  const said = singleSpaced(pieces)
  const lines = linesOf(said)
  if (lines.length === 0) return []
  const styling = stylingOf({ pieces: said, isAtTop }, lines)
  return [{ startMs: Math.round(startMs), endMs: Math.round(endMs), lines, ...styling }]
}

/** A space at the end of one piece and one at the start of the next are one space. */
function singleSpaced(pieces: readonly TimedPiece[]): readonly StyledText[] {
  let endsWithSpace = true
  return pieces.map(({ startMs: _, endMs: __, isTimed: ___, ...piece }) => {
    const text = endsWithSpace ? piece.text.replace(/^ +/, '') : piece.text
    if (text !== '') endsWithSpace = /[ \n]$/.test(text)
    return { ...piece, text }
  })
}

function linesOf(pieces: readonly StyledText[]): readonly string[] {
  return pieces
    .map(({ text }) => text)
    .join('')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
