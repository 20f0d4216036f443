import { open, readFile } from 'node:fs/promises'
import type { ToolHost } from '../tools/ffmpeg.ts'
import { wavData, wavHeader } from './wav.ts'

const sampleBytes = 2

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
      const sound = wavData(await readFile(path))
      if (sound === undefined) return host.fail(`the narration of scene ${index + 1} is not a WAV file`)
      const after = before + (frames[index] ?? 0)
      const bytes = sampleBytes * (samplesUntil(after) - samplesUntil(before))
      await file.writeFile(sound.data.subarray(0, bytes))
      if (sound.data.length < bytes) await file.writeFile(Buffer.alloc(bytes - sound.data.length))
      before = after
    }
  } finally {
    await file.close()
  }
}
