import { describe, expect, it } from 'vitest'
import { findModel, placeOf } from '../../../../src/models/index.ts'
import {
  chooseVoice,
  describeVoice,
  type VoiceWish,
  voiceProblem,
} from '../../../../stages/speech/voices/choose-voice.ts'

/** Returns what finds these models on a machine that has a build of their library, or has none. */
function having(names: readonly string[], isForThisSystem = true) {
  return (name: string) => {
    const model = findModel(name)
    if (model === undefined) return undefined
    const { runtime, ...place } = placeOf(model, '/models')
    return { ...place, isInstalled: names.includes(name), ...(runtime && { runtime: { ...runtime, isForThisSystem } }) }
  }
}

const wish = (voice = 'auto', language = 'en', synthesizer: VoiceWish['synthesizer'] = 'auto'): VoiceWish => ({
  voice,
  language,
  synthesizer,
})
const both = ['kokoro', 'piper-joe']

describe('chooseVoice', () => {
  it.each([
    [both, wish(), 'kokoro', 'af_heart'],
    [['piper-joe'], wish(), 'piper', 'joe'],
    [[], wish(), 'espeak-ng', undefined],
    [both, wish('auto', 'pt'), 'kokoro', 'pf_dora'],
    [both, wish('auto', 'de'), 'espeak-ng', undefined],
    // An accent is a wish that the best that has it meets.
    [both, wish('en-gb'), 'kokoro', 'bf_emma'],
    [['piper-joe'], wish('en-gb'), 'espeak-ng', 'en-gb'],
    [both, wish('en-gb+f3'), 'espeak-ng', 'en-gb+f3'],
    // What only one has tells which one is meant.
    [[], wish('bm_george'), 'kokoro', 'bm_george'],
    [both, wish('slt'), 'flite', 'slt'],
    [both, wish('joe'), 'piper', 'joe'],
    // What speaks can be named as a voice.
    [both, wish('espeak-ng'), 'espeak-ng', undefined],
    [both, wish('api'), 'api', undefined],
    [both, wish('nova', 'en', 'api'), 'api', 'nova'],
    [[], wish('kokoro', 'fr'), 'kokoro', 'ff_siwis'],
  ] as const)('with %j, %j is spoken by %s: %s', (installed, asked, synthesizer, voice) => {
    const chosen = chooseVoice(asked, having(installed))
    expect([chosen.synthesizer, chosen.voice]).toEqual([synthesizer, voice])
  })

  it('takes no model that has no build of its library here', () => {
    expect(chooseVoice(wish(), having(both, false)).synthesizer).toBe('espeak-ng')
  })

  it('says what was chosen, why, and what would be better', () => {
    const find = having(both)
    expect(describeVoice(chooseVoice(wish(), find), 'en', find)).toBe(
      'voice: af_heart of kokoro 1.0, by onnxruntime 1.30.0, the best that is installed for en',
    )
    const none = having([])
    expect(describeVoice(chooseVoice(wish(), none), 'en', none)).toBe(
      'voice: espeak-ng, the best that is installed for en; a better one: reprise models install kokoro',
    )
    expect(describeVoice(chooseVoice(wish('slt'), find), 'en', find)).toBe('voice: slt of flite, as the params say')
  })

  it.each([
    [wish('kokoro', 'de'), 'kokoro does not speak de; it speaks: en, es, fr, hi, it, pt'],
    [wish('af_heart', 'fr'), "kokoro has no voice 'af_heart' for fr; it has: ff_siwis"],
    [wish('joe', 'es'), 'piper does not speak es; it speaks: en'],
    [wish('mary', 'en', 'flite'), "flite has no voice 'mary'; it has: slt, rms, awb, kal16, kal"],
    [wish('en-gb+f3'), undefined],
    [wish(), undefined],
  ])('says of %j: %s', (asked, problem) => {
    expect(voiceProblem(asked)).toBe(problem)
  })
})
