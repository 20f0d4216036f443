import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { testStage } from '../../../src/index.ts'
import { encodeSound } from '../../../stages/video/sound.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { scene } from './scene-sound.ts'

const params = { fps: 30 }

describe('the sound of a film', () => {
  it('is as loud as asked, each scene where it belongs, and the same bytes again', async () => {
    const dir = temporaryDirectory()
    const scenes = [scene(dir, 'a'), scene(dir, 'b', { lengthS: 1.55, level: 3000 }), scene(dir, 'c')]
    const inputs = { speech: scenes.map(({ path }) => path), timings: scenes.map(({ timing }) => timing) }
    const made = await testStage(encodeSound, { inputs, params })
    expect(made.failure).toBeUndefined()
    const { loudness, scenes: measured = [] } = made.outputs?.measures ?? {}
    expect(Math.abs((loudness?.integratedLufs ?? 0) + 16)).toBeLessThanOrEqual(0.1)
    expect(loudness).toMatchObject({ targetLufs: -16, limited: false })
    for (const { lagMs } of measured) expect(Math.abs(lagMs ?? 99)).toBeLessThan(0.5)
    const [loud, soft] = measured.map(({ loudnessLufs }) => loudnessLufs ?? 0)
    expect((loud ?? 0) - (soft ?? 0)).toBeGreaterThan(5)
    const again = await testStage(encodeSound, { inputs, params })
    expect(readFileSync(again.outputs?.track ?? '').equals(readFileSync(made.outputs?.track ?? ''))).toBe(true)
  })

  it('is limited where its peaks do not let it be so loud, and says so', async () => {
    const dir = temporaryDirectory()
    const { path, timing } = scene(dir, 'a', { level: 1500, peak: 16 })
    const made = await testStage(encodeSound, { inputs: { speech: [path], timings: [timing] }, params })
    const { loudness } = made.outputs?.measures ?? {}
    expect(loudness?.limited).toBe(true)
    expect(loudness?.truePeakDb).toBeLessThanOrEqual(-1)
    expect(Math.abs((loudness?.integratedLufs ?? 0) + 16)).toBeLessThanOrEqual(0.2)
  })
})
