import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { observe, openTestStore, temporaryDirectory } from '../rig/workbench.ts'
import { contentOf } from './acknowledgement.ts'
import { makeBytes, sharedPipeline } from './shared-pipeline.ts'
import { cannotInject, strike, type TracedProgram, writingCallsOf } from './system-calls.ts'

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
      await writingCallsOf(programOf(1), job)
      cpSync(now, before, { recursive: true })
      const restore = () => {
        rmSync(now, { recursive: true })
        cpSync(before, now, { recursive: true })
      }
      const points = (await writingCallsOf(programOf(2), job)).filter(({ call }) => call === 'rename')
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
  },
)
