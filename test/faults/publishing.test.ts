import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readManifest } from '../../src/engine/job/manifest-file.ts'
import { artifactOfPath, createMemoryStore, digestText } from '../../store/index.ts'
import { copyStore } from '../rig/copy-store.ts'
import { observe, openTestStore, temporaryDirectory } from '../rig/workbench.ts'
import { contentOf } from './acknowledgement.ts'
import { makeBytes, sharedPipeline } from './shared-pipeline.ts'
import { callsOf, cannotInject, sampleOf, strike, type TracedProgram } from './system-calls.ts'

const why = cannotInject === undefined ? '' : ` (not run: ${cannotInject})`

describe.skipIf(cannotInject !== undefined)(
  `a runner that is killed while it puts a step in another's place${why}`,
  () => {
    it('leaves a job that goes on, also when neither is there', { timeout: 600_000 }, async () => {
      const dir = temporaryDirectory()
      const [before, now] = [join(dir, 'before'), join(dir, 'now')]
      const job = join(now, 'job')
      const made = join(job, '01_make')
      const programOf = (content: number): TracedProgram => ({
        name: 'run-make',
        args: [job, join(now, 'store'), String(content)],
        notes: join(dir, 'notes'),
      })
      await callsOf(programOf(1), job)
      copyStore(now, before)
      const restore = () => {
        rmSync(now, { recursive: true })
        copyStore(before, now)
      }
      const points = (await callsOf(programOf(2), job)).filter(({ call }) => call === 'rename')
      let withNeither = 0
      for (const point of points) {
        const end = await strike(programOf(2), point, 'signal=SIGKILL', { below: job, restore })
        if (end === undefined) continue
        const isThere = existsSync(made)
        if (!isThere) withNeither += 1
        const store = await openTestStore(join(now, 'store'))
        const again = {
          pipeline: sharedPipeline,
          inputs: {},
          params: { content: 2 },
          selection: { to: 'make' },
          jobDir: job,
        }
        const { result, executed } = await observe({ ...again, store, device: 'cpu' })
        await store.close()
        expect(result.status, end.struck.join()).toBe('completed')
        expect(readFileSync(join(made, 'noise.bin')).equals(contentOf(2, makeBytes)), end.struck.join()).toBe(true)
        if (!isThere) expect(executed, end.struck.join()).toEqual([])
      }
      expect(withNeither).toBe(1)
    })

    it('leaves the outputs of one result beside its manifest, where a hit replaces another', {
      timeout: 600_000,
    }, async () => {
      const dir = temporaryDirectory()
      const [before, now] = [join(dir, 'before'), join(dir, 'now')]
      const job = join(now, 'job')
      const programOf = (content: number): TracedProgram => ({
        name: 'run-make',
        args: [job, join(now, 'store'), String(content), 'split'],
        notes: join(dir, 'notes'),
      })
      for (const content of [1, 2]) await callsOf(programOf(content), job)
      copyStore(now, before)
      const restore = () => {
        rmSync(now, { recursive: true })
        copyStore(before, now)
      }
      const points = await callsOf(programOf(1), job)
      expect(points.map(({ call }) => call)).toContain('rename')
      for (const point of sampleOf(points, 24)) {
        const end = await strike(programOf(1), point, 'signal=SIGKILL', { below: job, restore })
        if (end === undefined) continue
        for (const step of ['01_make', '02_split']) {
          if (!existsSync(join(job, step))) continue
          const reading = await readManifest(join(job, step))
          if (reading.kind !== 'read') throw new Error(`${step} has no manifest after ${end.struck.join()}`)
          for (const { kind, path, digest } of Object.values(reading.manifest.output_artifacts)) {
            const found = await artifactOfPath(
              createMemoryStore(),
              kind === 'tree' ? 'tree' : 'file',
              join(job, step, path),
            )
            expect(found.ok && digestText(found.value.digest), end.struck.join()).toBe(digest)
          }
        }
      }
    })
  },
)
