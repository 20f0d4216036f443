import { type FileHandle, open } from 'node:fs/promises'
import type { Utterance } from '../transcript.ts'
import { sampleRateHz, type WavSamples } from '../wav.ts'

const blockSamples = sampleRateHz / 100
/** Up to this much too early is a word that follows a short pause, in which a detector of speech still hears the word before. */
const earlyS = 0.3
/** Speech begins at this part of how loud it soon is. */
const beginsAt = 0.03
const soonS = 0.5
/** Kept before it, as of a breath. */
const marginS = 0.01

/**
 * Returns utterances that begin where they can be heard. What finds speech knows it to some 0.03 s and is rather too early;
 * after a pause the sound itself tells it to 0.01 s. Where noise is as loud as speech begins, they stay as they are.
 */
export async function atOnsets(utterances: readonly Utterance[], samples: WavSamples): Promise<readonly Utterance[]> {
  const file = await open(samples.path)
  try {
    const moved: Utterance[] = []
    for (const utterance of utterances) {
      const endedS = moved.at(-1)?.endS ?? 0
      moved.push(utterance.startS > endedS ? await atOnset(utterance, samples, file) : utterance)
    }
    return moved
  } finally {
    await file.close()
  }
}

async function atOnset(utterance: Utterance, { dataAt, samples }: WavSamples, file: FileHandle): Promise<Utterance> {
  const [first, ...others] = utterance.words
  if (first === undefined) return utterance
  const from = Math.round(utterance.startS * sampleRateHz)
  const count = Math.min(samples - from, soonS * sampleRateHz)
  if (count < blockSamples) return utterance
  const { buffer } = await file.read(Buffer.alloc(2 * count), 0, 2 * count, dataAt + 2 * from)
  const peaks = blockPeaks(buffer)
  const loudest = Math.max(...peaks)
  const onset = peaks.findIndex((peak) => peak >= beginsAt * loudest)
  const startS = utterance.startS + Math.min(earlyS, (onset * blockSamples) / sampleRateHz - marginS)
  if (startS <= utterance.startS || startS >= first.endS) return utterance
  return { ...utterance, startS, words: [{ ...first, startS }, ...others] }
}

/** Returns how loud each whole block of 10 ms is. */
function blockPeaks(bytes: Buffer): readonly number[] {
  return Array.from({ length: Math.floor(bytes.length / 2 / blockSamples) }, (_, block) => {
    let peak = 0
    for (let at = 0; at < blockSamples; at += 1)
      peak = Math.max(peak, Math.abs(bytes.readInt16LE(2 * (block * blockSamples + at))))
    return peak
  })
}
