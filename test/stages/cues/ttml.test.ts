import { describe, expect, it } from 'vitest'
import { readSubtitles } from '../../../stages/cues/formats/read-subtitles.ts'

function shown(body: string, root = ''): unknown {
  const read = readSubtitles(Buffer.from(`<tt xmlns="http://www.w3.org/ns/ttml"${root}>${body}</tt>`))
  if (!read.ok) return read.error
  return read.value.cues.map(({ startMs, endMs, lines }) => [startMs, endMs, lines.join('|')])
}

describe('the times of TTML', () => {
  it('may be those of spans, as in EBU-TT-D', () => {
    expect(
      shown(
        `<body><div><p><span begin="00:00:01.000" end="00:00:02.000">One</span>
        <span begin="00:00:02.000" end="00:00:03.500">two<br/>three</span></p><p>never</p></div></body>`,
      ),
    ).toEqual([
      [1000, 2000, 'One'],
      [2000, 3500, 'two|three'],
    ])
  })

  it('let a paragraph grow, and each span is counted from its paragraph', () => {
    expect(
      shown(
        '<body><div><p begin="10s" end="14s"><span>One</span><br/><span begin="1s">two</span><br/><span begin="2s" dur="1s">three</span></p></div></body>',
      ),
    ).toEqual([
      [10_000, 11_000, 'One'],
      [11_000, 12_000, 'One|two'],
      [12_000, 13_000, 'One|two|three'],
      [13_000, 14_000, 'One|two'],
    ])
  })

  it('end with what a paragraph is in, and add to its beginning', () => {
    expect(
      shown(
        '<body begin="1s"><div begin="1s" end="5s"><p begin="1s">until the div ends</p><p begin="1s" end="9s">as well</p></div></body>',
      ),
    ).toEqual([
      [3000, 6000, 'until the div ends'],
      [3000, 6000, 'as well'],
    ])
  })

  it('follow one another where a container says so', () => {
    expect(
      shown(
        '<body><div timeContainer="seq"><p dur="2s">One</p><p dur="1s">two</p><p begin="1s" dur="1s">three</p></div></body>',
      ),
    ).toEqual([
      [0, 2000, 'One'],
      [2000, 3000, 'two'],
      [4000, 5000, 'three'],
    ])
  })

  it('are in frames and ticks as the file says', () => {
    const one = (begin: string) => `<body><div><p begin="${begin}" dur="1s">One</p></div></body>`
    expect(shown(one('250t'), ' ttp:tickRate="100"')).toEqual([[2500, 3500, 'One']])
    expect(shown(one('50f'), ' ttp:frameRate="25"')).toEqual([[2000, 3000, 'One']])
    expect(shown(one('60t'), ' ttp:frameRate="30"')).toEqual([[2000, 3000, 'One']])
    expect(shown(one('3t'))).toEqual([[3000, 4000, 'One']])
    expect(shown(one('00:00:10:12'), ' ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"')).toEqual([
      [10_501, 11_501, 'One'],
    ])
  })
})

describe('the text of TTML', () => {
  it('has one space between pieces, none at the ends of lines, and those that are asked for', () => {
    expect(
      shown(`<body><div><p begin="1s" end="2s">
        One <span> two</span>
        <br/>  three&#160; four<metadata>no <desc>text</desc></metadata>
      </p></div></body>`),
    ).toEqual([[1000, 2000, 'One two|three\u00a0 four']])
  })

  it('is read where a tag is not closed', () => {
    expect(
      shown('<body><div><p begin="1s" end="2s"><span>One</p><p begin="3s" end="4s">two</b></p></div></body>'),
    ).toEqual([
      [1000, 2000, 'One'],
      [3000, 4000, 'two'],
    ])
  })

  it.each([
    ['comments', '<!--'.repeat(500_000)],
    ['regions', '<region xml:id="r">'.repeat(100_000)],
    ['brackets', '<'.repeat(1_000_000)],
    ['paragraphs', '<p begin="1s" end="2s">a'.repeat(50_000)],
    ['spans with times', `<p begin="1s" end="9s">${'<span begin="1s" end="2s">a</span>'.repeat(20_000)}</p>`],
    [
      'spans that begin one after another',
      `<p>${Array.from({ length: 20_000 }, (_, at) => `<span begin="${at}s" end="30000s">a</span>`).join('')}</p>`,
    ],
    ['spans in one another', `<p begin="1s" end="9s">${'<span style="s">'.repeat(20_000)}a`],
  ])('does not take for ever where nothing ends: %s', (_, bomb) => {
    expect(() => shown(`<head>${bomb}</head><body>${bomb}</body>`)).not.toThrow()
  })
})
