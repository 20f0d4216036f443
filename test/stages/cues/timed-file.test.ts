import { describe, expect, it } from 'vitest'
import { readTimedFile, type TimedFile } from '../../../stages/cues/timed/timed-file.ts'

function timed(bytes: string | Buffer): TimedFile {
  const read = readTimedFile(Buffer.from(bytes))
  if (!read.ok) throw new Error(read.error)
  return read.value
}

const later = (ms: number) => ms + 61_500
const same = (ms: number) => ms

const srt = [
  '\ufeff1\r\n00:00:01,000 --> 00:00:02,500 X1:40 X2:600\r\n<i>Hello,</i>\r\n{\\an8}world\r\n\r\n',
  '2\r\n0:00:03.5 --> 00:00:04,000\r\nA line\r\n\r\nafter an empty one\r\n\r\n',
  '3\r\n00:59:59,999-->01:00:00,500\r\nlast',
]

const vtt = `WEBVTT - a title
X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000

STYLE
::cue { color: yellow }

NOTE 00:00:01.000 --> 00:00:02.000 is not a cue

intro
00:01.000 --> 00:02.000 align:start line:0
<v Ann>One <00:00:01.500>two &amp; three

00:01:30.000 --> 00:01:31.000
four
`

const ass = `[Script Info]
; Dialogue: 0,0:00:01.00,0:00:02.00,not an event
Title: x

[V4+ Styles]
Format: Name, Fontname
Style: Default,Arial

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.50,0:00:01.00,Default,,0,0,0,,a note
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\k20}Hel{\\k30}lo, 0:00:01.00\\Nworld
Dialogue: 1, 0:00:03.00, 0:00:04.00 ,Default,,0,0,0,,more, text
`

describe('a timed file', () => {
  it.each([
    ['srt', srt.join('')],
    ['vtt', vtt],
    ['ass', ass],
  ])('comes back byte for byte: %s', (format, text) => {
    const file = timed(text)
    expect(file.format).toBe(format)
    expect(file.retimed(() => same).toString()).toBe(text.replace('0:00:03.5 -->', '0:00:03.5 -->'))
  })

  it('keeps numbers, positions, tags and line breaks of SubRip, and the form of each time', () => {
    const moved = timed(srt.join(''))
      .retimed(() => later)
      .toString()
    expect(moved).toContain(
      '\ufeff1\r\n00:01:02,500 --> 00:01:04,000 X1:40 X2:600\r\n<i>Hello,</i>\r\n{\\an8}world\r\n\r\n',
    )
    expect(moved).toContain('2\r\n0:01:05.0 --> 00:01:05,500\r\nA line\r\n\r\nafter an empty one')
    expect(moved).toContain('3\r\n01:01:01,499-->01:01:02,000\r\nlast')
  })

  it('reads what is said without styling', () => {
    expect(timed(srt.join('')).cues.map(({ text }) => text)).toEqual([
      'Hello,\nworld',
      'A line\n\nafter an empty one',
      'last',
    ])
    expect(timed(vtt).cues.map(({ text }) => text)).toEqual(['One two & three', 'four'])
    expect(timed(ass).cues.map(({ text, isShown }) => [text, isShown])).toEqual([
      ['a note', false],
      ['Hello, 0:00:01.00\nworld', true],
      ['more, text', true],
    ])
  })

  it('takes an arrow in a text of SubRip for text', () => {
    expect(timed('1\n00:00:01,000 --> 00:00:02,000\n--> go on\n').cues.map(({ text }) => text)).toEqual(['--> go on'])
  })

  it('leaves a cue out with all that is its own', () => {
    const without = timed(srt.join('')).retimed((_, index) => (index === 1 ? undefined : same))
    expect(without.toString()).toBe(`${srt[0]}${srt[2]}`)
    const short = timed(vtt)
      .retimed((_, index) => (index === 0 ? undefined : same))
      .toString()
    expect(short).toContain('NOTE 00:00:01.000 --> 00:00:02.000 is not a cue\n\n00:01:30.000')
  })

  it('moves times inside of a text of WebVTT, and writes hours where they are needed', () => {
    const moved = timed(vtt)
      .retimed(() => (ms) => ms + 3_600_000)
      .toString()
    expect(moved).toContain('intro\n01:00:01.000 --> 01:00:02.000 align:start line:0\n<v Ann>One <01:00:01.500>two')
    expect(moved).toContain('LOCAL:00:00:00.000')
  })

  it('moves only the fields of ASS that are times, comments too', () => {
    const moved = timed(ass)
      .retimed(() => later)
      .toString()
    expect(moved).toContain('; Dialogue: 0,0:00:01.00,0:00:02.00,not an event')
    expect(moved).toContain('Comment: 0,0:01:02.00,0:01:02.50,Default')
    expect(moved).toContain('0:01:02.50,0:01:03.50,Default,,0,0,0,,{\\k20}Hel{\\k30}lo, 0:00:01.00\\Nworld')
    expect(moved).toContain('Dialogue: 1, 0:01:04.50, 0:01:05.50 ,Default,,0,0,0,,more, text')
  })

  it('keeps other encodings', () => {
    const latin = Buffer.from('1\n00:00:01,000 --> 00:00:02,000\nça va, señor\n', 'latin1')
    expect(timed(latin).retimed(() => same)).toEqual(latin)
    expect(timed(latin).cues[0]?.text).toBe('ça va, señor')
    const utf16 = Buffer.from(`\ufeff${srt[0]?.slice(1)}`, 'utf16le')
    expect(timed(utf16).retimed(() => same)).toEqual(utf16)
    const bigEndian = Buffer.from(utf16).swap16()
    expect(timed(bigEndian).retimed(() => same)).toEqual(bigEndian)
    expect(timed(bigEndian).cues).toHaveLength(1)
  })

  it('never writes a time before zero', () => {
    const moved = timed(srt.join('')).retimed(() => (ms) => ms - 2000)
    expect(moved.toString()).toContain('00:00:00,000 --> 00:00:00,500 X1')
  })

  it.each([
    ['a film', 'it is not SRT, WebVTT, ASS or SSA'],
    ['1\n00:00:01,000 --> soon\nx\n', 'line 2 is not a cue time'],
    ['[Events]\nDialogue: 0,soon,0:00:02.00,Default,,0,0,0,,x\n', 'line 2 has no times'],
  ])('says what is wrong with %j', (text, error) => {
    expect(readTimedFile(Buffer.from(text))).toEqual({ ok: false, error })
  })

  it('reads a line of a million spaces at once', () => {
    const bomb = Buffer.from(`1\n${' '.repeat(1_000_000)}00:00:01,000 --> ${' '.repeat(1_000_000)}\n`)
    expect(readTimedFile(bomb).ok).toBe(false)
  })
})
