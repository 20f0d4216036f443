import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { wavFile } from '../../../../stages/media/wav.ts'
import { findSamples } from '../../../../stages/speech/wav.ts'
import { atOnsets } from '../../../../stages/speech/whisper/onsets.ts'
import { temporaryDirectory } from '../../../rig/workbench.ts'

/** A recording of three seconds with a tone from `fromS` on, and a noise as loud as `noise` throughout. */
async function recording(fromS: number, noise: number) {
  const samples = Int16Array.from({ length: 48_000 }, (_, at) =>
    Math.round(noise * (at % 2 === 0 ? 1 : -1) + (at >= fromS * 16_000 ? 8000 * Math.sin(at / 5) : 0)),
  )
  const path = join(temporaryDirectory(), 'a.wav')
  writeFileSync(path, wavFile({ sampleRateHz: 16_000, samples }))
  const found = await findSamples(path)
  if (found === undefined) throw new Error('it is no WAV file')
  return found
}

const utterance = (startS: number, endS: number) => ({
  startS,
  endS,
  text: 'Good morning.',
  words: [
    { text: 'Good', startS, endS: startS + 0.3, confidence: 1 },
    { text: 'morning.', startS: startS + 0.3, endS, confidence: 1 },
  ],
})

it('begins an utterance where it can be heard', async () => {
  const [moved] = await atOnsets([utterance(0.9, 2)], await recording(1, 0))
  expect([moved?.startS, moved?.words[0]?.startS]).toEqual([expect.closeTo(0.99, 2), moved?.startS])
  expect(moved?.words[1]).toEqual(utterance(0.9, 2).words[1])
})

it.each([
  ['where it begins with its sound', 1, 0, 1.2],
  ['where noise is as loud as its begin', 1, 400, 0.9],
  ['where nothing is to be heard', 4, 0, 1],
  ['at the end of the recording', 4, 0, 2.999],
])('leaves an utterance as it is %s', async (_, fromS, noise, startS) => {
  const as = utterance(startS, startS + 0.8)
  expect(await atOnsets([as], await recording(fromS, noise))).toEqual([as])
})

it('leaves an utterance as it is that follows another without a pause, and moves none by more than a short pause', async () => {
  const samples = await recording(1, 0)
  const joined = [utterance(0.5, 0.9), utterance(0.9, 2)]
  expect((await atOnsets(joined, samples))[1]).toEqual(joined[1])
  const slow = { ...utterance(0.55, 2), words: [{ text: 'Good', startS: 0.55, endS: 2, confidence: 1 }] }
  expect((await atOnsets([slow], samples))[0]?.startS).toBeCloseTo(0.85, 3)
})
