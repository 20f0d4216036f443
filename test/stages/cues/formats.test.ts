import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { escapeAss, formatAss } from '../../../stages/cues/ass.ts'
import { type Cue, cuesOfTranscript } from '../../../stages/cues/cues.ts'
import { formatLrc } from '../../../stages/cues/lrc.ts'
import { readCues } from '../../../stages/cues/read-cues.ts'
import { escapeSrt, formatSrt } from '../../../stages/cues/srt.ts'
import { formatTtml } from '../../../stages/cues/ttml.ts'
import { escapeVtt, formatVtt } from '../../../stages/cues/vtt.ts'
import { anyRules, anyTranscript } from '../speech/transcripts.ts'

const cues: readonly Cue[] = [
  { startMs: 160, endMs: 2845, lines: ['good morning'] },
  { startMs: 3_599_999, endMs: 36_061_007, lines: ['one', 'two'] },
]

describe('formatSrt', () => {
  it('numbers the cues, with a comma before the milliseconds', () => {
    expect(formatSrt(cues)).toBe(
      '1\n00:00:00,160 --> 00:00:02,845\ngood morning\n\n2\n00:59:59,999 --> 10:01:01,007\none\ntwo\n\n',
    )
  })

  it('is empty without cues', () => {
    expect(formatSrt([])).toBe('')
  })

  it('leaves no tag or override', () => {
    expect(escapeSrt('a < b <i>x</i> {\\an8}y')).toBe('a < b <\u2060i>x<\u2060/i> (\\an8)y')
    expect(escapeSrt('a\\Nb\\hc\\ d')).toBe('a\\\u2060Nb\\\u2060hc\\ d')
    expect(escapeSrt('00:00:01,000 --> 00:00:02,000')).toBe('00:00:01,000 --\u2060> 00:00:02,000')
  })
})

describe('formatVtt', () => {
  it('has a header, and a point before the milliseconds', () => {
    expect(formatVtt(cues)).toBe(
      'WEBVTT\n\n00:00:00.160 --> 00:00:02.845\ngood morning\n\n00:59:59.999 --> 10:01:01.007\none\ntwo\n\n',
    )
    expect(formatVtt([])).toBe('WEBVTT\n\n')
  })

  it('escapes what would be a tag, an entity or an arrow', () => {
    expect(escapeVtt('<i> & &lt; -->')).toBe('&lt;i&gt; &amp; &amp;lt; --&gt;')
  })
})

/** Reads the cues of a TTML file with another parser. */
function ttmlCues(text: string): { begin: string; end: string; lines: string[]; direction: string | undefined }[] {
  const cues: ReturnType<typeof ttmlCues> = []
  const parser = new SaxesParser({ xmlns: true })
  parser.on('opentag', ({ local, attributes }) => {
    const of = (name: string) => attributes[name]?.value
    if (local === 'p')
      cues.push({ begin: of('begin') ?? '', end: of('end') ?? '', lines: [''], direction: of('tts:direction') })
    if (local === 'br') cues.at(-1)?.lines.push('')
  })
  parser.on('text', (text) => {
    const lines = cues.at(-1)?.lines
    if (lines !== undefined && text.trim() !== '') lines[lines.length - 1] += text
  })
  parser.on('error', (error) => {
    throw error
  })
  parser.write(text).close()
  return cues
}

describe('formatTtml', () => {
  const track = { language: 'en', title: 'A & B' }

  it('has the times and lines of the cues, whatever they say, for a parser of XML', () => {
    const odd = [...cues, { startMs: 40_000_000, endMs: 40_001_000, lines: ['<b> & "x" -->', "it's"] }]
    expect(ttmlCues(formatTtml(odd, track))).toEqual([
      { begin: '00:00:00.160', end: '00:00:02.845', lines: ['good morning'], direction: undefined },
      { begin: '00:59:59.999', end: '10:01:01.007', lines: ['one', 'two'], direction: undefined },
      { begin: '11:06:40.000', end: '11:06:41.000', lines: ['<b> & "x" -->', "it's"], direction: undefined },
    ])
    expect(formatTtml([], track)).toContain('<ttm:title>A &#38; B</ttm:title>')
  })

  it('says the direction of what is written from right to left', () => {
    const [cue] = ttmlCues(formatTtml([{ startMs: 0, endMs: 900, lines: ['שלום'] }], { language: 'he', title: 'x' }))
    expect(cue).toMatchObject({ lines: ['שלום'], direction: 'rtl' })
  })
})

describe('formatLrc', () => {
  it('has a line a cue, and clears it before a pause', () => {
    expect(formatLrc(cues, { language: 'en', title: 'English' })).toBe(
      '[ti:English]\n[la:en]\n[00:00.16]good morning\n[00:02.84]\n[59:59.99]one two\n[601:01.00]\n',
    )
  })
})

describe('formatAss', () => {
  it('has a style with as many values as fields, and rounds times down to hundredths', () => {
    const lines = formatAss(cues, 'English').split('\n')
    expect(lines).toContain('Title: English')
    const fields = lines.find((line) => line.startsWith('Format: Name'))?.split(',').length
    expect(lines.find((line) => line.startsWith('Style: '))?.split(',')).toHaveLength(fields ?? 0)
    expect(lines.filter((line) => line.startsWith('Dialogue: '))).toEqual([
      'Dialogue: 0,0:00:00.16,0:00:02.84,Default,,0,0,0,,good morning',
      'Dialogue: 0,0:59:59.99,10:01:01.00,Default,,0,0,0,,one\\Ntwo',
    ])
  })

  it('begins lines where their first letter does, in languages that are written from right to left', () => {
    const encoding = (line: string) =>
      /^Style: .*,(-?\d+)$/m.exec(formatAss([{ startMs: 0, endMs: 900, lines: [line] }], 'x'))?.[1]
    expect([encoding('hello'), encoding('ok, שלום'), encoding('مرحبا')]).toEqual(['1', '-1', '-1'])
  })

  it('escapes braces, and lets a backslash begin nothing', () => {
    expect(escapeAss('{\\b1}a\\Nb, c')).toBe('\\{\\\u2060b1\\}a\\\u2060Nb, c')
  })
})

/** Milliseconds of a time as it is written, `H:MM:SS` and a fraction. */
function read(time: string): number {
  const [, hours, minutes, seconds, fraction = ''] = /^(\d+):(\d\d):(\d\d)[.,](\d+)$/.exec(time) ?? []
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, '0'))
}

describe('every format', () => {
  it('says times that are in order and apart, as the cues are', () => {
    fc.assert(
      fc.property(anyTranscript, anyRules, (transcript, rules) => {
        const made = cuesOfTranscript(transcript, rules)
        const pattern = /(\d+:\d\d:\d\d[.,]\d+)(?: --> |,)(\d+:\d\d:\d\d[.,]\d+)/g
        for (const text of [formatSrt(made), formatVtt(made), formatAss(made, 'English')]) {
          const times = [...text.matchAll(pattern)].flatMap(([, start = '', end = '']) => [read(start), read(end)])
          expect(times).toHaveLength(made.length * 2)
          for (let index = 1; index < times.length; index += 1) {
            const step = (times[index] ?? 0) - (times[index - 1] ?? 0)
            // A cue lasts; the pause after it may be none.
            expect(step).toBeGreaterThanOrEqual(index % 2 === 1 ? 10 : 0)
          }
        }
      }),
    )
  })

  it('keeps each cue a block of its own: no line of a cue is empty, or an arrow', () => {
    fc.assert(
      fc.property(anyTranscript, anyRules, (transcript, rules) => {
        const made = cuesOfTranscript(transcript, rules)
        expect(
          formatSrt(made)
            .split('\n\n')
            .filter((block) => block !== ''),
        ).toHaveLength(made.length)
        const blocks = formatVtt(made)
          .split('\n\n')
          .slice(1)
          .filter((block) => block !== '')
        expect(blocks).toHaveLength(made.length)
        for (const block of blocks) expect(block.match(/-->/g)).toHaveLength(1)
        expect(readCues(formatSrt(made))).toMatchObject({ ok: true, value: { length: made.length } })
      }),
    )
  })
})
