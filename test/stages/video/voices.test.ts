import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readMarkdown } from '../../../stages/documents/markdown.ts'
import { readTranscript } from '../../../stages/documents/transcript-text.ts'
import { video } from '../../../stages/index.ts'
import { espeakVoices } from '../../../stages/speech/voices/known-voices.ts'
import { readOwnVoices } from '../../../stages/speech/voices/neural/own-voice.ts'
import { writeScript } from '../../../stages/video/script/write-script.ts'
import { createWorkbench } from '../../rig/workbench.ts'
import { fakeModels, piperConfig } from '../speech/voices/fake-models.ts'

const scene = (say: string, voice?: string) => `  - say: ${say}\n${voice === undefined ? '' : `    voice: ${voice}\n`}`

async function bench() {
  const { loads } = await fakeModels()
  const workbench = await createWorkbench()
  const { path, run } = workbench
  mkdirSync(path('voices', 'guests'), { recursive: true })
  const addVoice = (name: string, config = piperConfig) => {
    writeFileSync(path('voices', `${name}.onnx`), `the net of ${name}`)
    writeFileSync(path('voices', `${name}.onnx.json`), JSON.stringify(config))
  }
  addVoice('de_DE-anna-medium')
  addVoice('guests/de_DE-bert-low')
  const narrate = (script: string, params: object = { voice: 'own' }) => {
    writeFileSync(path('script.yaml'), script)
    const inputs = { document: path('script.yaml'), voices: path('voices') }
    return run(video, { inputs, params, selection: { to: 'narrate' }, concurrency: 1 })
  }
  return { ...workbench, loads, addVoice, narrate }
}

describe('voices of a film', () => {
  it('are those of its roles, also voices of the user, and each is loaded once for all scenes', async () => {
    const { narrate, loads, addVoice } = await bench()
    const scenes = ['one', 'two', 'three'].map((word) => scene(word) + scene(`and ${word}`, 'guest')).join('')
    const script = (guest: string) => `voices: { narrator: de_DE-anna-medium, guest: ${guest} }\nscenes:\n${scenes}`
    const cold = await narrate(script('de_DE-bert-low'))
    expect(cold.result.status).toBe('completed')
    expect(cold.executed.filter((step) => step.startsWith('narrate/'))).toHaveLength(6)
    expect(loads()).toBe(2)
    // Another voice in the folder speaks nothing again; another voice of a role speaks its scenes.
    addVoice('de_DE-karl-low')
    expect((await narrate(script('de_DE-bert-low'))).executed).toEqual(['validate'])
    const changed = await narrate(script('de_DE-karl-low'))
    expect(changed.executed.filter((step) => step.startsWith('narrate/'))).toEqual([
      'narrate/and-one',
      'narrate/and-three',
      'narrate/and-two',
    ])
  })

  it('are the own one of the language where nothing is asked for', async () => {
    const { narrate, loads } = await bench()
    expect((await narrate(`scenes:\n${scene('eins')}`, { voice: 'own', language: 'de' })).result.status).toBe(
      'completed',
    )
    expect(loads()).toBe(1)
  })

  it('are known by the language of the film, also where espeak-ng calls it something else', async () => {
    const { addVoice, path } = await bench()
    addVoice('zh_CN-chaowen-medium', { ...piperConfig, espeak: { voice: 'cmn' } })
    addVoice('en_GB-alba-medium', { ...piperConfig, espeak: { voice: 'en-gb-x-rp' } })
    const own = await readOwnVoices(path('voices'))
    expect(own.map(({ language }) => language)).toEqual(['de', 'en', 'de', 'zh'])
  })

  it.each([
    ['gest', /scene 1: there is no voice 'gest': did you mean 'guest'\?/],
    ['de_DE-ana-medium', /did you mean 'de_DE-anna-medium'\?/],
    ['lost', /the voice 'lost' cannot be used: its config is missing: lost\.onnx\.json/],
    ['odd', /the voice 'odd' cannot be used: odd\.onnx\.json has phonemes of 'pinyin'/],
  ])('of the name %s are refused before anything is spoken', async (voice, message) => {
    const { narrate, path } = await bench()
    writeFileSync(path('voices', 'lost.onnx'), 'the net')
    writeFileSync(path('voices', 'odd.onnx'), 'the net')
    writeFileSync(path('voices', 'odd.onnx.json'), JSON.stringify({ ...piperConfig, phoneme_type: 'pinyin' }))
    const script = `voices: { guest: de_DE-bert-low }\nscenes:\n${scene('one', voice)}`
    const { result, executed } = await narrate(script)
    expect(JSON.stringify(result)).toMatch(message)
    expect(executed.some((step) => step.startsWith('narrate'))).toBe(false)
    expect(existsSync(path('loads'))).toBe(false)
  })

  it('of what is installed are checked, too', async () => {
    const { narrate } = await bench()
    const { result } = await narrate(`scenes:\n${scene('one', 'af_hart')}`, { synthesizer: 'kokoro' })
    expect(JSON.stringify(result)).toMatch(/scene 1: there is no voice 'af_hart': did you mean 'af_heart'\?/)
    const asked = await narrate(`scenes:\n${scene('one')}`, { voice: 'nobody' })
    expect(JSON.stringify(asked.result)).toMatch(/there is no voice 'nobody' \(espeak-ng has for en: /)
    expect(asked.executed.some((step) => step.startsWith('narrate'))).toBe(false)
  })

  it('of espeak-ng are all that it takes, also those that it does not list', async () => {
    const { path, run } = await createWorkbench()
    const checked = (voice: string) => {
      writeFileSync(path('script.yaml'), `scenes:\n${scene('one', voice)}`)
      const params = { synthesizer: 'espeak-ng', language: 'de' }
      return run(video, { inputs: { document: path('script.yaml') }, params, selection: { to: 'validate' } })
    }
    for (const voice of ['de', 'de+f3', 'de-at', 'EN-GB'])
      expect((await checked(voice)).result.status).toBe('completed')
    expect(JSON.stringify((await checked('gest')).result)).toContain("scene 1: there is no voice 'gest'")
  })

  it('are told apart by who speaks in a transcript, and by roles in Markdown', () => {
    const none = { shown: [], left: [] }
    const voicesOf = (document: Parameters<typeof writeScript>[0]) =>
      writeScript(document, none, 'en').scenes.map(({ speech }) => speech.voice)
    const vtt =
      'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v Anna>Hello.\n\n00:00:01.000 --> 00:00:02.000\n<v.loud Ben Ek>Hi.</v>\n'
    expect(voicesOf({ ...readTranscript(vtt), voices: { Anna: 'slt' } })).toEqual(['slt', undefined])
    const markdown = '---\nvoices: { guest: rms }\nvoice: kal\n---\n\n# A\n\n(voice: guest)\n\nOne.\n\n# B\n\nTwo.\n'
    expect(voicesOf(readMarkdown(markdown))).toEqual(['rms', 'kal'])
  })

  it('of espeak-ng are known by their languages, names and files', () => {
    const table =
      'Pty Language       Age/Gender VoiceName          File                 Other Languages\n' +
      ' 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)\n'
    expect(espeakVoices(table)).toEqual(['en-gb', 'English_(Great_Britain)', 'gmw/en', 'en'])
  })
})
