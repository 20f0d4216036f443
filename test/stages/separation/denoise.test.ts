import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { buildGraph } from '../../../src/core/index.ts'
import { findModel, placeOf } from '../../../src/models/index.ts'
import { subtitles } from '../../../stages/index.ts'
import { denoise } from '../../../stages/separation/denoise.ts'
import { runStage } from '../../rig/stage-context.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { ffmpegMakes } from '../sample.ts'

const models = process.env.REPRISE_TEST_MODELS ?? ''
const model = findModel('rnnoise')
const hasModel = models !== '' && model !== undefined && existsSync(placeOf(model, models).path)

const idsOf = (params: object) => {
  const graph = buildGraph(subtitles, params)
  return graph.ok ? graph.value.steps.map(({ id }) => id) : []
}

describe('denoise', () => {
  it('is a step of subtitles where it is asked for, and not otherwise', () => {
    expect(idsOf({ denoise: 'rnnoise' }).slice(0, 2)).toEqual(['demux', 'denoise'])
    expect(idsOf({})).not.toContain('denoise')
  })

  it.skipIf(!hasModel)(
    'takes noise out, keeps what is there in its time, and twice alike (skipped without rnnoise)',
    async () => {
      vi.stubEnv('REPRISE_MODELS', models)
      const dir = temporaryDirectory()
      const source = 'anoisesrc=a=0.05:c=pink:r=16000:d=10.37:seed=1'
      const noise = await ffmpegMakes(join(dir, 'noise.wav'), '-f', 'lavfi', '-i', source, '-c:a', 'pcm_s16le')
      const request = { dir, inputs: { audio: noise }, params: { denoiser: 'rnnoise' } } as const
      const [one, other] = [await runStage(denoise, request), await runStage(denoise, request)]
      const [before, after] = [noise, one.paths.quiet ?? ''].map((path) => readFileSync(path).subarray(-2 * 160_000))
      const power = (bytes: Buffer | undefined) =>
        (bytes ?? Buffer.of()).reduce((sum, _, at, all) => sum + (at % 2 === 0 ? all.readInt16LE(at) ** 2 : 0), 0)
      expect(power(after)).toBeLessThan(0.05 * power(before))
      expect(readFileSync(other.paths.quiet ?? '').equals(readFileSync(one.paths.quiet ?? ''))).toBe(true)
      vi.unstubAllEnvs()
    },
  )
})
