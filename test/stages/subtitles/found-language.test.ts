import { testStage } from 'reprise'
import { describe, expect, it } from 'vitest'
import { writeSubtitles } from '../../../stages/subtitles/subtitles.ts'
import { refuseTranslation } from '../../../stages/subtitles/translate/refuse-translation.ts'
import { spokenCorrections } from '../../../stages/subtitles/translate/spoken-corrections.ts'
import { splitBatches } from '../../../stages/translation/batches.ts'
import { joinAnswers } from '../../../stages/translation/join-answers.ts'

const utterances = [{ startS: 1, endS: 3, text: 'Hola.', words: [] }]
const speech = { language: 'es', durationS: 10, utterances }
const spoken = (language: string) => ({ language, votes: 3, of: 3 })

describe('where the spoken language is found', () => {
  it('one that nothing translates is refused, and the message says what would', async () => {
    const { failure } = await testStage(refuseTranslation, {
      inputs: { spoken: spoken('fr') },
      params: { to: 'es' },
    })
    const message = expect.stringContaining('apertium does not translate from fr to es here: apt-get install')
    expect(failure).toMatchObject({ message })
  })

  it('the corrections of its words are taken, with times from the start of the clip', async () => {
    const cue = (text: string) => [{ startMs: 5000, endMs: 6000, lines: [text] }]
    const corrections = {
      version: 1 as const,
      tracks: { es: [{ base: cue('Ola.'), cues: cue('Hola.') }], en: [{ base: cue('Helo.'), cues: cue('Hello.') }] },
    }
    const { outputs } = await testStage(spokenCorrections, {
      inputs: { corrections: corrections, spoken: spoken('es') },
      params: { clipStartS: 4 },
    })
    const moved = (text: string) => [{ startMs: 1000, endMs: 2000, lines: [text] }]
    expect(outputs?.said).toEqual([{ base: moved('Ola.'), cues: moved('Hola.') }])
  })

  it('a model is not asked to translate into it, and it has one track', async () => {
    const split = await testStage(splitBatches, { inputs: { speech }, params: { to: 'es' } })
    expect(split.outputs?.batches).toEqual([])
    const joined = await testStage(joinAnswers, { inputs: { speech, answers: [] }, params: { to: 'es' } })
    expect(joined.outputs?.translation.utterances).toEqual([{ startS: 1, endS: 3, text: 'Hola.' }])
    const translations = ['es', 'en'].map((language) => ({ ...speech, language, unknownWords: 0 }))
    const written = await testStage(writeSubtitles, { inputs: { speech, translations } })
    expect(written.outputs?.index.map(({ language }) => language)).toEqual(['es', 'en'])
  })
})
