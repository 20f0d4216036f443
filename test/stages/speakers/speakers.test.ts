import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findModel, placeOf } from '../../../src/models/index.ts'
import { cuesOfTranscript } from '../../../stages/cues/cues.ts'
import { rulesFor } from '../../../stages/cues/profiles/profiles.ts'
import { markSpeakers } from '../../../stages/cues/profiles/speaker-marks.ts'
import { clusterVoices } from '../../../stages/speakers/cluster.ts'
import { listeningPlaces } from '../../../stages/speakers/diarize.ts'
import { phrasesOf, withSpeakers } from '../../../stages/speakers/phrases.ts'
import { findTurns } from '../../../stages/speakers/turns.ts'
import { voiceScript } from '../../../stages/speakers/voice-script.ts'
import { findSamples } from '../../../stages/speech/wav.ts'
import { modelArgs } from '../../../stages/tools/model-tool.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const models = process.env.REPRISE_TEST_MODELS ?? ''
const model = findModel('resemblyzer')
const place = models === '' || model === undefined ? undefined : placeOf(model, models)

/** A voice in a direction of its own, with a little of chance in it. */
function voice(speaker: number, seed: number): Float64Array {
  return Float64Array.from({ length: 16 }, (_, at) => (at === speaker ? 1 : 0) + 0.12 * Math.sin(97 * seed + 31 * at))
}

const rules = { sameAbove: 0.83, fewest: 3 }

describe('clusterVoices', () => {
  const order = [0, 0, 1, 1, 0, 2, 2, 2, 1, 0, 1, 2]
  const voices = order.map(voice)

  it('finds as many speakers as there are, numbered by who speaks first', () => {
    expect(clusterVoices(voices, rules).labels).toEqual(order)
  })

  it('finds as many as it is told, and gives a stray voice to the nearest', () => {
    expect(new Set(clusterVoices(voices, { ...rules, speakers: 2 }).labels).size).toBe(2)
    const { labels, centres } = clusterVoices([...voices, voice(7, 3)], rules)
    expect(centres).toHaveLength(3)
    expect(labels.slice(0, 12)).toEqual(order)
    expect(clusterVoices([], rules).labels).toEqual([])
  })
})

describe('findTurns', () => {
  it('says who speaks in each phrase, also where a single stretch sounds otherwise', () => {
    const speakers = [0, 0, 1, 1, 0]
    const phrases = speakers.map((_, at) => ({ startS: 4 * at, endS: 4 * at + 3 }))
    const voices = speakers.flatMap((speaker, at) =>
      Array.from({ length: 7 }, (_, step) => ({
        atS: 4 * at + 0.4 * step,
        direction: voice(at === 2 && step === 3 ? 0 : speaker, 7 * at + step),
      })),
    )
    const turns = findTurns({ voices, phrases })
    expect(turns.phrases.map(({ speaker }) => speaker)).toEqual(speakers)
    expect(findTurns({ voices: [], phrases }).speakers).toBe(1)
  })
})

const word = (text: string, startS: number) => ({ text, startS, endS: startS + 0.4, confidence: 1 })
const utterance = {
  startS: 0,
  endS: 3.4,
  text: 'Is it far? No, it is near.',
  words: [
    word('Is', 0),
    word('it', 0.5),
    word('far?', 1),
    word('No,', 1.5),
    word('it', 2),
    word('is', 2.5),
    word('near.', 3),
  ],
}

describe('what was said, with who said it', () => {
  const phrases = phrasesOf({ utterances: [utterance] })
  const speakerOf = new Map(phrases.flatMap((words, at) => words.map((one) => [one, String(at + 1)] as const)))
  const said = withSpeakers([utterance], speakerOf)

  it('is cut where the speaker changes, and no word is lost', () => {
    expect(phrases.map((words) => words.length)).toEqual([3, 4])
    expect(said.map(({ speaker, text, startS, endS }) => [speaker, text, startS, endS])).toEqual([
      ['1', 'Is it far?', 0, 1.4],
      ['2', 'No, it is near.', 1.5, 3.4],
    ])
    expect(said.flatMap(({ words }) => words.map(({ speaker }) => speaker))).toEqual([
      '1',
      '1',
      '1',
      '2',
      '2',
      '2',
      '2',
    ])
    expect(withSpeakers([utterance], new Map())).toEqual([utterance])
  })

  it.each([
    ['netflix', ['-Is it far?', '-No, it is near.']],
    ['plain', ['- Is it far?', '- No, it is near.']],
    ['sdh', ['[Anna] Is it far?', '[Speaker 2] No, it is near.']],
  ] as const)('is marked as the house %s does it, and no cue joins two speakers', (house, lines) => {
    const marks = { netflix: '-', plain: '- ', sdh: 'label' } as const
    const utterances = [...markSpeakers(said, marks[house], ['Anna'])]
    const cues = cuesOfTranscript({ language: 'en', durationS: 10, utterances }, rulesFor(house, 'en', {}))
    expect(cues.map((cue) => cue.lines.join(' '))).toEqual(lines)
  })

  it('is not marked where one person speaks, or speaks on', () => {
    const [one] = said
    const twice = one === undefined ? [] : [one, one]
    expect(markSpeakers(twice, '-', [])).toEqual(twice)
    expect(markSpeakers([...said, ...said.slice(1)], '-', []).map(({ text }) => text[0])).toEqual(['-', '-', 'N'])
  })
})

describe('the net that tells voices apart', () => {
  it('listens where words are said', () => {
    expect(listeningPlaces([word('a', 4), word('b', 4.2)], 16_000 * 10)).toEqual([340, 380])
    expect(listeningPlaces([word('a', 9.8)], 16_000 * 10)).toEqual([840, 840])
  })

  it.skipIf(place?.isInstalled !== true)('tells two voices apart (skipped where it is not installed)', async () => {
    const { runtime } = place ?? {}
    if (place === undefined || runtime === undefined) throw new Error('it is not installed')
    const dir = temporaryDirectory()
    const parts = ['slt', 'rms', 'slt'].map((name) => {
      const path = join(dir, `${name}.wav`)
      execFileSync('flite', ['-voice', name, '-t', 'The harbor was quiet, and nobody spoke a word.', '-o', path])
      return execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 's16le', '-ar', '16000', '-t', '2', '-'])
    })
    const path = join(dir, 'talk.wav')
    execFileSync('ffmpeg', ['-v', 'error', '-f', 's16le', '-ar', '16000', '-ac', '1', '-i', '-', path], {
      input: Buffer.concat(parts),
    })
    const job = join(dir, 'job.json')
    writeFileSync(job, JSON.stringify({ ...(await findSamples(path)), starts: [10, 210, 410] }))
    const printed = execFileSync(process.execPath, modelArgs(voiceScript, { ...place, runtime }, job), {
      encoding: 'utf8',
    })
    const voices = (JSON.parse(printed) as number[][]).map((list) => Float64Array.from(list))
    expect(clusterVoices(voices, { sameAbove: 0.83, fewest: 1 }).labels).toEqual([0, 1, 0])
  })
})
