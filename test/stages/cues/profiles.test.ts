import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Cue, cuesOfTranscript, wholeMs } from '../../../stages/cues/cues.ts'
import { profileNames, profiles, rulesFor } from '../../../stages/cues/profiles/profiles.ts'
import { cueFindings } from '../../../stages/cues/quality.ts'
import { anyTranscript } from '../speech/transcripts.ts'

const netflix = rulesFor('netflix', 'en', {})

function cue(startS: number, endS: number, ...lines: readonly string[]): Cue {
  return { startMs: startS * 1000, endMs: endS * 1000, lines }
}

describe('a house profile', () => {
  it('has limits of its own for a language, and those of all others', () => {
    expect(rulesFor('netflix', 'ja', {})).toMatchObject({ maxLineChars: 13, charsPerSecond: 4, minCueS: 0.5 })
    expect(rulesFor('netflix', 'es', {})).toMatchObject({ maxLineChars: 42, charsPerSecond: 17 })
    expect(rulesFor('netflix', 'constructor', {})).toEqual(rulesFor('netflix', 'es', {}))
  })

  it('gives way to a limit that is set', () => {
    expect(rulesFor('vertical', 'en', { maxLineChars: 30, minCueS: 6 })).toMatchObject({
      maxLineChars: 30,
      minCueS: 6,
      maxCueS: 6,
      charsPerSecond: 25,
    })
  })

  it('has a title and a source', () => {
    expect(Object.keys(profiles).sort()).toEqual([...profileNames].sort())
    for (const { title, source } of Object.values(profiles)) expect(title.length * source.length).toBeGreaterThan(0)
  })
})

describe('cueFindings', () => {
  it('finds nothing in cues that keep to the rules', () => {
    expect(cueFindings([cue(1, 3, 'Hello there.'), cue(4, 6, 'And here,', 'on two lines.')], netflix, 9000)).toEqual([])
  })

  it('finds each rule that a cue breaks, and why it cannot be otherwise', () => {
    const cues = [
      cue(0, 1.017, 'Forty-three letters are more than allowed it'),
      cue(1.1, 1.3, 'Short'),
      cue(1.5, 9, 'Long', 'and three', 'lines'),
      cue(9.03, 11, 'Close'),
    ]
    expect(cueFindings(cues, netflix, 20_000).map(({ cue: at, rule, why }) => [at, rule, why])).toEqual([
      [1, 'line length', undefined],
      [1, 'reading speed', 'the next cue begins 1.10 s later'],
      [2, 'reading speed', undefined],
      [2, 'too short', undefined],
      [3, 'lines', expect.any(String)],
      [3, 'too long', undefined],
      [3, 'gap', undefined],
    ])
  })

  it('says of every cue that is made why it is outside of the profile, whatever is said', () => {
    fc.assert(
      fc.property(anyTranscript, fc.constantFrom(...profileNames), (transcript, name) => {
        const rules = rulesFor(name, 'en', {})
        const filmMs = wholeMs(transcript.durationS)
        for (const finding of cueFindings(cuesOfTranscript(transcript, rules), rules, filmMs))
          expect(finding, JSON.stringify(finding)).toHaveProperty('why')
      }),
    )
  })

  it('has no pause that only flickers, where the profile closes it', () => {
    const words = (text: string, startS: number) => [{ text, startS, endS: startS + 1, confidence: 1 }]
    const utterances = [
      { startS: 0, endS: 1, text: 'one,', words: words('one,', 0) },
      { startS: 1.3, endS: 2.3, text: 'two.', words: words('two.', 1.3) },
    ]
    const [first] = cuesOfTranscript({ language: 'en', durationS: 9, utterances }, netflix)
    expect(first?.endMs).toBe(1300 - 83)
  })
})
