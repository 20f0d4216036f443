import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Cue } from '../../../stages/cues/cues.ts'
import { readSubtitles } from '../../../stages/cues/formats/read-subtitles.ts'
import { type WrittenFormat, writeSubtitlesAs } from '../../../stages/cues/formats/write-subtitles.ts'
import { namedColors, type StyledText } from '../../../stages/cues/styled/styled-text.ts'

function read(text: string): readonly Cue[] {
  const found = readSubtitles(Buffer.from(text))
  if (!found.ok) throw new Error(found.error)
  return found.value.cues
}

function written(format: WrittenFormat, cues: readonly Cue[]): { readonly text: string; readonly warnings: string[] } {
  const warnings: string[] = []
  const options = { language: 'en', title: 'English', frameRate: '25', warn: (line: string) => warnings.push(line) }
  return { text: String(writeSubtitlesAs(format, cues, { ...options, frameRate: '25' })), warnings }
}

const styledFormats = ['srt', 'vtt', 'ass', 'ttml'] as const

describe('styling', () => {
  it('is read from SubRip, also the overrides that its players take from ASS', () => {
    const [one, two, three] = read(
      [
        '1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>All of it\nin italics</i>\n',
        '2\n00:00:03,000 --> 00:00:04,000\nA <b>bold</b> and a <font color="#FF0000">red <u>word</u></font>\n',
        '3\n00:00:05,000 --> 00:00:06,000\n{\\i1}Thought{\\i0}, said\n',
      ].join('\n'),
    )
    expect(one?.isAtTop).toBe(true)
    expect(one?.styled).toEqual([[{ text: 'All of it', italic: true }], [{ text: 'in italics', italic: true }]])
    expect(two?.styled).toEqual([
      [
        { text: 'A ' },
        { text: 'bold', bold: true },
        { text: ' and a ' },
        { text: 'red ', color: '#ff0000' },
        { text: 'word', color: '#ff0000', underline: true },
      ],
    ])
    expect(three).toMatchObject({
      lines: ['Thought, said'],
      styled: [[{ text: 'Thought', italic: true }, { text: ', said' }]],
    })
  })

  it('is read from WebVTT, with its places', () => {
    const cues = read(
      'WEBVTT\n\n00:01.000 --> 00:02.000 line:0\n<v Ana>Up <c.yellow.loud>here</c> &amp; <i>there</i>\n\n' +
        '00:03.000 --> 00:04.000 line:90% align:start\nDown here\n',
    )
    expect(cues[0]).toMatchObject({
      isAtTop: true,
      styled: [[{ text: 'Up ' }, { text: 'here', color: '#ffff00' }, { text: ' & ' }, { text: 'there', italic: true }]],
    })
    expect(cues[1]).toEqual({ startMs: 3000, endMs: 4000, lines: ['Down here'] })
  })

  it('is read from ASS, by its styles and its overrides', () => {
    const [cue] = read(
      [
        '[V4+ Styles]',
        'Format: Name, Fontname, Bold, Italic, Underline',
        'Style: Song,Arial,0,-1,0',
        '[Events]',
        'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text',
        'Dialogue: 0,0:00:01.00,0:00:02.00,Song,,0,0,0,,{\\an8\\fad(100,100)}La {\\i0\\c&H00FF00&}la{\\r} la',
      ].join('\n'),
    )
    expect(cue).toMatchObject({
      isAtTop: true,
      styled: [
        [
          { text: 'La ', italic: true },
          { text: 'la', color: '#00ff00' },
          { text: ' la', italic: true },
        ],
      ],
    })
  })

  it('is read from TTML, by attributes, styles that are referred to, and regions', () => {
    const [cue] = read(
      `<tt xmlns="http://www.w3.org/ns/ttml"><head><styling><style xml:id="i" tts:fontStyle="italic"/></styling>
      <layout><region xml:id="r" tts:displayAlign="before"/></layout></head><body><div>
      <p begin="1s" end="2s" region="r" style="i">One <span tts:fontWeight="bold" tts:color="yellow">two</span><br/>
      <span tts:fontStyle="normal">three</span></p></div></body></tt>`,
    )
    expect(cue).toMatchObject({
      isAtTop: true,
      lines: ['One two', 'three'],
      styled: [
        [
          { text: 'One ', italic: true },
          { text: 'two', italic: true, bold: true, color: '#ffff00' },
        ],
        [{ text: 'three' }],
      ],
    })
  })

  it('is read from TTML whose elements have a prefix, as those of EBU-TT-D', () => {
    const [cue] = read(
      `<tt:tt xmlns:tt="http://www.w3.org/ns/ttml"><tt:head><tt:styling><tt:style xml:id="y" tts:color="#ffff00"/></tt:styling>
      <tt:layout><tt:region xml:id="r" tts:displayAlign="before"/></tt:layout></tt:head><tt:body><tt:div>
      <tt:p begin="1s" end="2s" region="r"><tt:span style="y">One</tt:span></tt:p></tt:div></tt:body></tt:tt>`,
    )
    expect(cue).toMatchObject({ isAtTop: true, styled: [[{ text: 'One', color: '#ffff00' }]] })
  })

  it('is not at the top where a region of TTML lies in the lower half', () => {
    const placed = (origin: string) =>
      read(
        `<tt xmlns="http://www.w3.org/ns/ttml"><head><layout>
        <region xml:id="r" tts:displayAlign="before" tts:origin="${origin}"/></layout></head><body><div>
        <p begin="1s" end="2s" region="r">One</p></div></body></tt>`,
      )[0]?.isAtTop
    expect([placed('10% 5%'), placed('10% 80%')]).toEqual([true, undefined])
  })

  it('is read from TTML of what a paragraph is in, of regions, and of styles that refer to others', () => {
    const cues = read(
      `<tt xmlns="http://www.w3.org/ns/ttml" tts:extent="1280px 720px"><head><styling>
      <style xml:id="base" tts:fontStyle="italic"/><style xml:id="named" style="base" tts:color="#ffff00"/></styling><layout>
      <region xml:id="up"><style tts:displayAlign="before" tts:origin="10px 40px"/></region>
      <region xml:id="low" tts:displayAlign="before" tts:origin="10px 600px" tts:fontWeight="bold"/></layout></head>
      <body style="named"><div region="up"><p begin="1s" end="2s">One</p></div>
      <div region="low"><p begin="3s" end="4s"><span tts:fontStyle="normal">Two</span></p></div>
      <!-- <p begin="5s" end="6s">Not this</p> --><div><p begin="7s" end="8s"><![CDATA[<b> & ]]>so</p></div></body></tt>`,
    )
    expect(cues).toEqual([
      {
        startMs: 1000,
        endMs: 2000,
        lines: ['One'],
        styled: [[{ text: 'One', italic: true, color: '#ffff00' }]],
        isAtTop: true,
      },
      { startMs: 3000, endMs: 4000, lines: ['Two'], styled: [[{ text: 'Two', bold: true, color: '#ffff00' }]] },
      {
        startMs: 7000,
        endMs: 8000,
        lines: ['<b> & so'],
        styled: [[{ text: '<b> & so', italic: true, color: '#ffff00' }]],
      },
    ])
  })

  it('goes back in ASS to that of the style where an override has no value', () => {
    const [cue] = read(
      [
        '[V4+ Styles]',
        'Format: Name, Fontname, Bold, Italic, Underline',
        'Style: Default,Arial,0,-1,0',
        '[Events]',
        'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text',
        'Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\i0\\c&H0000FF&}a{\\i\\c}b',
      ].join('\n'),
    )
    expect(cue?.styled).toEqual([
      [
        { text: 'a', color: '#ff0000' },
        { text: 'b', italic: true },
      ],
    ])
  })

  it('begins anew in ASS after a reset, also one to another style', () => {
    const [cue] = read(
      [
        '[V4+ Styles]',
        'Format: Name, Fontname, Bold, Italic, Underline',
        'Style: Default,Arial,0,0,0',
        'Style: Sign,Arial,-1,0,0',
        '[Events]',
        'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text',
        'Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\i1}a{\\rSign}b{\\rNone}c',
      ].join('\n'),
    )
    expect(cue?.styled).toEqual([[{ text: 'a', italic: true }, { text: 'b', bold: true }, { text: 'c' }]])
  })

  it.each(styledFormats)('comes back from %s as it was', (format) => {
    const style = fc.record(
      {
        italic: fc.constant(true as const),
        bold: fc.constant(true as const),
        underline: fc.constant(true as const),
        color: fc.constantFrom(...Object.values(namedColors)),
      },
      { requiredKeys: [] },
    )
    const words = fc.stringMatching(/^[a-zé]{1,6}( [a-z]{1,4})?$/)
    const line = fc
      .array(fc.tuple(words, style), { minLength: 1, maxLength: 4 })
      .map((pieces): readonly StyledText[] =>
        pieces.map(([text, own], index) => ({ ...own, text: index === pieces.length - 1 ? text : `${text} ` })),
      )
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 3 }), fc.boolean(), (styled, isAtTop) => {
        const lines = styled.map((pieces) => pieces.map(({ text }) => text).join(''))
        const cue: Cue = { startMs: 1000, endMs: 2000, lines, styled, ...(isAtTop ? { isAtTop } : {}) }
        const { text, warnings } = written(format, [cue])
        const [back] = read(text)
        const again = written(format, back === undefined ? [] : [back])
        expect(warnings).toEqual([])
        expect(back).toMatchObject({ lines, ...(isAtTop ? { isAtTop } : {}) })
        expect(letters(back)).toEqual(letters(cue))
        expect(read(again.text)).toEqual([back])
      }),
      { numRuns: 60 },
    )
  })

  it('that a format cannot hold is told', () => {
    const cue: Cue = { startMs: 1000, endMs: 2000, lines: ['so'], styled: [[{ text: 'so', italic: true }]] }
    expect(written('csv', [cue]).warnings).toEqual([
      'csv has no italics, colours or places: those of 1 of 1 cues are left out',
    ])
    const olive: Cue = { ...cue, styled: [[{ text: 'so', color: '#808000' }]] }
    expect(written('vtt', [olive]).warnings).toEqual(['WebVTT has eight colours: #808000 are left out'])
    expect(written('srt', [cue, { startMs: 3000, endMs: 4000, lines: ['plain'] }]).text).toBe(
      '1\n00:00:01,000 --> 00:00:02,000\n<i>so</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nplain\n\n',
    )
  })
})

/** Each letter with how it looks; white letters look like those without a colour. */
function letters(cue: Cue | undefined): readonly string[] {
  const pieces = (cue?.styled ?? cue?.lines.map((text): StyledText[] => [{ text }]) ?? []).flat()
  return pieces.flatMap(({ text, italic, bold, underline, color }) =>
    [...text].map((letter) => [letter, italic, bold, underline, color === '#ffffff' ? undefined : color].join('|')),
  )
}
