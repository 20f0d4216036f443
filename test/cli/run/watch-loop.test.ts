import { describe, expect, it } from 'vitest'
import { type WatchedRun, watchRuns } from '../../../src/cli/run/watch/watch-loop.ts'

/** A promise that a test settles. */
function deferred<Value>() {
  let settle: (value: Value) => void = () => {}
  const promise = new Promise<Value>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}

/** Watches runs that begin, change and end as the test says. */
function bench(first: Partial<WatchedRun> = {}) {
  const told: string[] = []
  const watched: (readonly string[])[] = []
  const user = new AbortController()
  let loaded: Partial<WatchedRun> = first
  let change = deferred<readonly string[]>()
  const begun: { end: (exitCode: number) => void; stale: AbortSignal }[] = []
  const waiting: (() => void)[] = []
  const wake = () => {
    for (const resume of waiting.splice(0)) resume()
  }
  const until = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  const result = watchRuns({
    async load() {
      const run = (stale: AbortSignal) => {
        const ended = deferred<number>()
        begun.push({ end: ended.settle, stale })
        stale.addEventListener('abort', () => ended.settle(130))
        wake()
        return ended.promise
      }
      return { ok: true, paths: ['in.txt'], run, error: '', ...loaded } as WatchedRun
    },
    changes: {
      watch: async (paths) => void watched.push(paths),
      next: () => {
        change = deferred()
        return change.promise
      },
    },
    signal: user.signal,
    report: (line) => {
      told.push(line)
      wake()
    },
    reportError: (message) => void told.push(`refused: ${message}`),
    showPath: (path) => `./${path}`,
  })
  return {
    told,
    watched,
    user,
    result,
    load: (next: Partial<WatchedRun>) => {
      loaded = next
    },
    change: (...paths: string[]) => change.settle(paths),
    /** Resolves when so many lines have been told. */
    lines: (count: number) => until(() => told.length >= count),
    run: async (number: number) => {
      await until(() => begun.length >= number)
      const run = begun[number - 1]
      if (run === undefined) throw new Error('it has begun')
      return run
    },
  }
}

describe('watching', () => {
  it('runs again after a change, and says because of which', async () => {
    const { run, change, lines, user, result, told, watched } = bench()
    ;(await run(1)).end(0)
    await lines(1)
    change('in.txt')
    ;(await run(2)).end(1)
    await lines(3)
    user.abort()
    expect(await result).toBe(0)
    expect(told).toEqual([
      'watching ./in.txt; press Ctrl-C to stop',
      'running again: ./in.txt changed',
      'watching ./in.txt; press Ctrl-C to stop',
    ])
    expect(watched).toEqual([['in.txt'], ['in.txt']])
  })

  it('cancels a run that a change makes out of date, and waits for its end before the next', async () => {
    const { run, change, lines, user, result, told } = bench()
    const first = await run(1)
    change('a', 'b', 'c', 'd')
    const second = await run(2)
    expect(first.stale.aborted).toBe(true)
    expect(second.stale.aborted).toBe(false)
    expect(told).toEqual([
      './a, ./b, ./c and 1 more changed; cancelling the current run, which is out of date',
      'running again: ./a, ./b, ./c and 1 more changed',
    ])
    second.end(0)
    await lines(3)
    user.abort()
    expect(await result).toBe(0)
  })

  it('ends with the run that the user interrupts', async () => {
    const { run, user, result } = bench()
    const only = await run(1)
    user.abort()
    only.end(130)
    expect(await result).toBe(130)
  })

  it('ends where there is no store to run with', async () => {
    const { result, run } = bench()
    ;(await run(1)).end(4)
    expect(await result).toBe(4)
  })

  it('refuses at once what cannot be run', async () => {
    const { result, told } = bench({ ok: false, error: 'no such pipeline' })
    expect(await result).toBe(2)
    expect(told).toEqual(['refused: no such pipeline'])
  })

  it('waits for a change that mends what can no longer be run', async () => {
    const { run, change, lines, load, user, result, told } = bench()
    ;(await run(1)).end(0)
    await lines(1)
    load({ ok: false, error: 'the config cannot be loaded' })
    change('config.ts')
    await lines(4)
    load({})
    change('config.ts')
    ;(await run(2)).end(0)
    await lines(6)
    user.abort()
    await result
    expect(told.slice(1)).toEqual([
      'running again: ./config.ts changed',
      'the config cannot be loaded',
      'watching ./in.txt; press Ctrl-C to stop',
      'running again: ./config.ts changed',
      'watching ./in.txt; press Ctrl-C to stop',
    ])
  })
})
