import { open, readFile } from 'node:fs/promises'
import type { ToolHost } from '../tools/ffmpeg.ts'
import { readWav, wavHeader, wavSamples } from './wav.ts'

export interface JoinRequest {
  /** A WAV file for each scene: one channel, 16 bits, at `rateHz`. */
  readonly speech: readonly string[]
  /** How many frames each scene has. */
  readonly frames: readonly number[]
  readonly fps: number
  readonly rateHz: number
  readonly output: string
}

/**
 * Writes the speech of the scenes one after the other into a WAV file. Each scene's is as long as its frames: what was
 * rounded in one is not carried into the next. Memory holds one scene.
 */
export async function joinSound(
  host: Pick<ToolHost, 'fail'>,
  { speech, frames, fps, rateHz, output }: JoinRequest,
): Promise<void> {
  const samplesUntil = (frame: number) => Math.round((frame * rateHz) / fps)
  const total = frames.reduce((sum, count) => sum + count, 0)
  const file = await open(output, 'w')
  try {
    await file.writeFile(wavHeader(rateHz, samplesUntil(total)))
    let before = 0
    for (const [index, path] of speech.entries()) {
      const sound = readWav(await readFile(path))
      if (sound === undefined) return host.fail(`the narration of scene ${index + 1} is not a WAV file`)
      const after = before + (frames[index] ?? 0)
      const samples = new Int16Array(samplesUntil(after) - samplesUntil(before))
      samples.set(sound.samples.subarray(0, samples.length))
      await file.writeFile(wavSamples(samples))
      before = after
    }
  } finally {
    await file.close()
  }
}
