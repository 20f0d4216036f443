import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { songRateHz, spectrogramOf } from '../../../stages/music/signal/spectrogram.ts'
import { packFeatures, readPeaks, readSpectrogram } from '../../../stages/show/song/features.ts'
import measure from '../../../stages/show/song/features-thread.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { noiseOf } from '../calls/recordings.ts'

/** Measures samples, as a thread does; what it fails with is thrown. */
function measured(samples: Float32Array) {
  const dir = temporaryDirectory()
  const [path, features] = [join(dir, 'song.f32'), join(dir, 'features.safetensors')]
  writeFileSync(path, new Uint8Array(samples.buffer))
  const fail = (message: string): never => {
    throw new Error(message)
  }
  const context = { progress: () => {}, fail, log: () => {}, warn: () => {}, signal: new AbortController().signal }
  return { features, done: measure({ samples: path, features }, context) }
}

describe('measuring a song', () => {
  it('says where a sample is not a number, as floating-point files may have, and measures nothing', async () => {
    const samples = new Float32Array(2 * songRateHz).fill(0.1)
    samples[1.5 * songRateHz] = Number.NaN
    const { features, done } = measured(samples)
    await expect(done).rejects.toThrow("the song's sound is damaged: at 1.5 s it has a sample that is not a number")
    expect(existsSync(features)).toBe(false)
  })

  it('gives numbers for silence', async () => {
    const { features, done } = measured(new Float32Array(songRateHz))
    await done
    const { levels } = await readSpectrogram(features)
    expect(levels.length).toBeGreaterThan(0)
    expect(levels.every((level) => level === 0)).toBe(true)
  })

  it('gives the same for a file that is longer than what is in memory at once as for samples in memory', async () => {
    const noise = noiseOf(5)
    const samples = Float32Array.from({ length: 2 ** 18 + 30_001 }, (_, at) => 0.3 * Math.sin(at / 9) + 0.1 * noise())
    const { features, done } = measured(samples)
    await done
    expect(readFileSync(features).equals(Buffer.concat(packFeatures(samples, spectrogramOf(samples))))).toBe(true)
    expect((await readPeaks(features)).length).toBe(Math.ceil(samples.length / 441))
  })
})
