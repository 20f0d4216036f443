import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testStage } from '../../../src/index.ts'
import { output } from '../../../stages/video/output.ts'
import { encodeSound } from '../../../stages/video/sound.ts'
import { runProgram } from '../../rig/command.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { scene } from './scene-sound.ts'

const params = { fps: 30 }

describe('a film in which nothing is said', () => {
  it('may be silence', async () => {
    const dir = temporaryDirectory()
    const { path } = scene(dir, 'a', { level: 0 })
    const timings = [{ durationS: 2, pieces: [] }]
    const made = await testStage(encodeSound, { inputs: { speech: [path], timings }, params })
    expect(made.outputs?.measures).toMatchObject({
      loudness: { integratedLufs: null, truePeakDb: null, limited: false },
      scenes: [{ loudnessLufs: null, lagMs: null }],
    })
  })
})

describe('a film of many scenes', () => {
  it('keeps each frame where it belongs: what a file rounds in its length does not add up', async () => {
    const dir = temporaryDirectory()
    const film = join(dir, 'scene.mp4')
    const color = ['-f', 'lavfi', '-i', 'color=s=64x36:r=30', '-frames:v', '10', '-pix_fmt', 'yuv420p']
    await runProgram('ffmpeg', ['-v', 'error', ...color, '-video_track_timescale', '30000', film], dir)
    const { path, timing } = scene(dir, 'a', { lengthS: 1 / 3 })
    const scenes = Array.from({ length: 90 }, () => ({ path, timing: { ...timing, pieces: [] } }))
    const timings = scenes.map((one) => one.timing)
    const sound = await testStage(encodeSound, { inputs: { speech: scenes.map((one) => one.path), timings }, params })
    const speech = { pieces: [], tailS: 0, leastS: 0 }
    const shown = { picture: { kind: 'text' as const, elements: [] }, speech, cues: [], pictures: [] }
    const script = { scenes: scenes.map(() => shown), places: scenes.map(() => null), left: [] }
    const made = await testStage(output, {
      inputs: {
        script,
        films: scenes.map(() => film),
        stills: [film],
        timings,
        track: sound.outputs?.track ?? '',
        sound: sound.outputs?.measures ?? { loudness: never, scenes: [] },
      },
      params: { ...params, vertical: false },
    })
    expect(made.failure).toBeUndefined()
    expect(made.outputs?.report.worstSyncMs).toBeLessThan(0.1)
    expect(made.outputs?.report.durationS).toBeCloseTo(30, 2)
  })
})

const never = { targetLufs: 0, integratedLufs: null, truePeakDb: null, limited: false }
