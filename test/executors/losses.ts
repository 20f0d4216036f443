import { describe, expect, it } from 'vitest'
import { blocked, type EngineUnderTest, isAlive, lossBench, one, type TestWorker } from './loss-bench.ts'

/** Lets something happen to the worker that has a step, and starts another one then. */
async function withSecond(engine: EngineUnderTest, harm: (first: TestWorker, pid: number) => void) {
  const bench = await lossBench(engine)
  const first = await bench.start('first')
  let second: Promise<TestWorker> | undefined
  const observed = await bench.whileStuck((pid) => {
    second = bench.start('second')
    harm(first, pid)
  })
  return { ...observed, first, second }
}

/** Tries what becomes of a step whose worker is killed, freezes, differs or is ended by the step itself. */
export function describeLosses(name: string, engine: EngineUnderTest): void {
  describe(`${name}, when workers are lost`, () => {
    it('has another worker execute the step after SIGKILL of the first, and leaves no process', async () => {
      let slot = 0
      const { result, of, second } = await withSecond(engine, (first, pid) => {
        slot = pid
        first.child.kill('SIGKILL')
      })
      expect(result.failure).toBeUndefined()
      expect(of('stage_lost')).toMatchObject([{ worker: expect.stringMatching(/^first-/), count: 1 }])
      expect(of('stage_retrying')).toEqual([])
      expect(of('stage_running').map(({ attempt }) => attempt)).toEqual([1])
      expect(of('stage_placed').at(-1)?.worker).toMatch(/^second-/)
      // Its watchdog may be slower than a worker that is there already.
      await expect.poll(() => isAlive(slot), { timeout: 10_000 }).toBe(false)
      await second
    })

    it('has another worker execute the step of one that is frozen, which gives up when it thaws', async () => {
      const { result, of, first, second } = await withSecond(engine, ({ child }) => void child.kill('SIGSTOP'))
      expect(result.failure).toBeUndefined()
      expect(of('stage_lost')).toHaveLength(1)
      expect(of('stage_completed')).toHaveLength(1)
      first.child.kill('SIGCONT')
      await first.says('stuck-once: cancelled')
      await second
    })

    it('fails with worker-lost where the step ends whatever executes it', async () => {
      const bench = await lossBench(engine)
      await bench.start('only')
      const { result, of } = await bench.run(one('poison'), { ...bench.only(true), params: { dir: bench.dir } })
      expect(result.failure).toMatchObject({ kind: 'worker-lost', step: 'poison' })
      expect(of('stage_lost').map(({ count }) => count)).toEqual([1, 2, 3])
    })

    it('does not take a worker for lost whose step blocks its event loop', async () => {
      const bench = await lossBench(engine)
      await bench.start('only')
      const { result, of } = await bench.run(blocked, { ...bench.only(true), params: { dir: bench.dir, ms: 4000 } })
      expect(result.failure).toBeUndefined()
      expect(of('stage_lost')).toEqual([])
    })

    it('goes on where the code of a step sends messages of its own to the worker', async () => {
      const bench = await lossBench(engine)
      await bench.start('only')
      const { result, of } = await bench.run(one('sendsMessages'), { ...bench.only(true), params: { dir: bench.dir } })
      expect(result.failure).toBeUndefined()
      expect(of('stage_lost')).toEqual([])
    })

    it('fails with what differs, or is executed here, where no worker computes the same', async () => {
      const bench = await lossBench(engine)
      await bench.start('only', 'cpu')
      const params = { dir: bench.dir }
      const request = { params, device: 'cuda', gpus: ['0'] } as const
      const refused = await bench.run(one('choosy'), { ...request, ...bench.only(true) })
      expect(refused.result.failure).toMatchObject({
        kind: 'worker-differs',
        step: 'choosy',
        worker: expect.stringMatching(/^only-/),
        differences: ['device "cuda" -> "cpu"'],
      })
      const here = await bench.run(one('choosy'), { ...request, ...bench.only(false) })
      expect(here.result.failure).toBeUndefined()
      expect(here.of('stage_log')).toMatchObject([{ level: 'warn', line: expect.stringContaining('worker-differs') }])
    })

    it('gives an order back when a worker has to end', async () => {
      const { result, of, first, second } = await withSecond(engine, ({ child }) => void child.kill('SIGTERM'))
      expect(result.failure).toBeUndefined()
      expect(of('stage_lost')).toEqual([])
      expect(of('stage_placed').at(-1)?.worker).toMatch(/^second-/)
      await first.ended
      await second
    })
  })
}
