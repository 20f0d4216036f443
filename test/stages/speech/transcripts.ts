import fc from 'fast-check'
import type { CueRules } from '../../../stages/cues/cues.ts'
import type { Transcript, Translation, Word } from '../../../stages/speech/transcript.ts'

/** What the pipeline's params are by default. */
export const defaultRules: CueRules = {
  maxLineChars: 42,
  maxLines: 2,
  charsPerSecond: 17,
  minCueS: 1,
  maxCueS: 7,
  cueGapS: 0.08,
}

export const anyRules: fc.Arbitrary<CueRules> = fc.record({
  maxLineChars: fc.integer({ min: 10, max: 60 }),
  maxLines: fc.integer({ min: 1, max: 3 }),
  charsPerSecond: fc.integer({ min: 1, max: 40 }),
  minCueS: fc.double({ min: 0.1, max: 3, noNaN: true }),
  maxCueS: fc.double({ min: 3, max: 9, noNaN: true }),
  cueGapS: fc.double({ min: 0, max: 1, noNaN: true }),
})

/** Words as they are spoken: each takes 10 ms or more, with pauses of up to three seconds, odd characters among them. */
const anySpoken = fc.array(
  fc.record({
    text: fc.oneof(
      fc.stringMatching(/^[a-z']{1,12}$/),
      fc.constantFrom('<b>', '{x}', '\\N', '-->', 'ñandú,', 'end.', '😀'),
    ),
    pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 })),
    lengthMs: fc.integer({ min: 10, max: 900 }),
  }),
  { minLength: 1, maxLength: 25 },
)

/** A transcript whose times are in order, the last word ending at the end or some time before. */
export const anyTranscript: fc.Arbitrary<Transcript> = fc
  .record({
    spoken: fc.array(anySpoken, { maxLength: 6 }),
    startMs: fc.integer({ min: 0, max: 4_000_000 }),
    restMs: fc.integer({ min: 0, max: 3000 }),
  })
  .map(({ spoken, startMs, restMs }) => {
    let nowMs = startMs
    const utterances = spoken.map((parts) => {
      const words = parts.map(({ text, pauseMs, lengthMs }): Word => {
        const wordStartMs = nowMs + pauseMs
        nowMs = wordStartMs + lengthMs
        return { text, startS: wordStartMs / 1000, endS: nowMs / 1000, confidence: 1 }
      })
      return {
        startS: words[0]?.startS ?? 0,
        endS: nowMs / 1000,
        text: words.map(({ text }) => text).join(' '),
        words,
      }
    })
    return { language: 'en', durationS: (nowMs + restMs + 100) / 1000, utterances }
  })

/** A translation into texts of any length, some of them empty. */
export const anyTranslation: fc.Arbitrary<Translation> = fc
  .tuple(anyTranscript, fc.array(fc.stringMatching(/^[a-z .,]{0,200}$/), { minLength: 6, maxLength: 6 }))
  .map(([{ durationS, utterances }, texts]) => ({
    language: 'es',
    durationS,
    unknownWords: 0,
    utterances: utterances.map(({ startS, endS }, index) => ({ startS, endS, text: texts[index] ?? '' })),
  }))
