import { expect, it } from 'vitest'
import type { LocalStore } from '../../store/index.ts'
import { recordOf, value } from '../store/fixtures.ts'

/** What every store on this machine promises of what it remembers, and of leases. */
export function remembered(make: () => Promise<LocalStore>): void {
  it('forgets a job, and not what its steps were', async () => {
    const { ledger, flush } = await make()
    const { jobs } = ledger
    const memory = { key: recordOf({ v: 1 }, {}).key, action: { v: 1 } }
    jobs.remember('/jobs/one', 'subtitles', new Map([['demux', memory]]))
    jobs.remember('/jobs/two', 'subtitles', new Map())
    value(flush())
    for (const settle of [() => undefined, () => value(flush())]) {
      jobs.forget(['/jobs/one', '/jobs/none'])
      settle()
      expect(jobs.list()).toEqual([{ job: '/jobs/two', pipeline: 'subtitles' }])
      expect(jobs.steps('/jobs/one')).toEqual(new Map())
      expect(jobs.stepNames('/jobs/one')).toEqual([])
      expect(jobs.lastAction('/jobs/one', 'subtitles', 'demux')).toEqual({ ...memory, from: 'elsewhere' })
    }
    jobs.remember('/jobs/one', 'subtitles', new Map([['demux', memory]]))
    value(flush())
    expect(jobs.steps('/jobs/one')).toEqual(new Map([['demux', memory]]))
  })

  it('remembers the last action of a step, in this job or in another', async () => {
    const { ledger, flush } = await make()
    const { jobs } = ledger
    const action = { stage: 'demux', params: { a: 1 } }
    const memory = { key: recordOf(action, {}).key, action }
    const seen = () => [
      jobs.lastAction('/jobs/one', 'subtitles', 'demux'),
      jobs.lastAction('/jobs/two', 'subtitles', 'demux'),
      jobs.lastAction('/jobs/one', 'other', 'demux'),
      jobs.steps('/jobs/one'),
      jobs.list(),
    ]
    expect(jobs.lastAction('/jobs/one', 'subtitles', 'demux')).toBeUndefined()
    jobs.remember('/jobs/one', 'subtitles', new Map([['demux', memory]]))
    expect(jobs.lastAction('/jobs/one', 'subtitles', 'demux')).toEqual({ ...memory, from: 'job' })
    value(flush())
    expect(seen()).toEqual([
      { ...memory, from: 'job' },
      { ...memory, from: 'elsewhere' },
      undefined,
      new Map([['demux', memory]]),
      [{ job: '/jobs/one', pipeline: 'subtitles' }],
    ])
    const later = { key: recordOf({ v: 2 }, {}).key, action: { v: 2 } }
    jobs.remember('/jobs/one', 'subtitles', new Map([['mux', later]]))
    value(flush())
    expect(Object.fromEntries(jobs.steps('/jobs/one'))).toEqual({ demux: memory, mux: later })
    expect(jobs.stepNames('/jobs/one')).toEqual(['demux', 'mux'])
  })

  it('remembers durations, the newest last, and memos', async () => {
    const { ledger, flush } = await make()
    const { durations, memos } = ledger
    expect(durations.recent('demux', 'cpu')).toEqual([])
    for (let durationMs = 0; durationMs < 50; durationMs++)
      durations.record('demux', 'cpu', { durationMs, inputBytes: 1 })
    value(flush())
    durations.record('demux', 'cpu', { durationMs: 99, inputBytes: 2 })
    expect(durations.recent('demux', 'cpu').at(-1)).toEqual({ durationMs: 99, inputBytes: 2 })
    expect(durations.recent('demux', 'cpu').at(-2)).toEqual({ durationMs: 49, inputBytes: 1 })
    expect(durations.recent('demux', 'gpu')).toEqual([])
    expect(memos.get('ffmpeg')).toBeUndefined()
    memos.set('ffmpeg', { version: '5.1' })
    expect(memos.get('ffmpeg')).toEqual({ version: '5.1' })
    value(flush())
    expect(memos.get('ffmpeg')).toEqual({ version: '5.1' })
  })

  it('counts the look-ups of a day, those of an action once', async () => {
    const store = await make()
    const { actions, ledger, flush } = store
    expect(ledger.days.recent()).toEqual([])
    const hit = recordOf({ v: 1 }, {})
    value(await actions.commit(hit, []))
    for (const key of [hit.key, hit.key, recordOf({ v: 2 }, {}).key]) await store.lookup(key)
    for (const settle of [() => undefined, () => value(flush())]) {
      settle()
      expect(ledger.days.recent()).toMatchObject([{ hits: 1, misses: 1, savedMs: 1000 }])
    }
  })

  it('lets one hold a lease at a time, and hands it on', async () => {
    const { leases } = await make()
    const first = leases.tryAcquire('action:1', 'one')
    if (!('lease' in first)) throw new Error('the lease is free')
    expect(leases.tryAcquire('action:1', 'two')).toMatchObject({ holder: { note: 'one', pid: process.pid } })
    expect('lease' in leases.tryAcquire('action:2', 'other')).toBe(true)
    expect(leases.holder('action:1')).toMatchObject({ note: 'one', pid: process.pid, isHere: true })
    expect(leases.holder('action:3')).toBeUndefined()
    expect(leases.held('action:1')).toMatchObject([{ name: 'action:1', holder: { note: 'one', pid: process.pid } }])
    expect(
      leases
        .held('action:')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['action:1', 'action:2'])
    expect(leases.held('run:')).toEqual([])
    const waited: string[] = []
    const second = leases.acquire('action:1', 'two', { onWait: ({ note }) => waited.push(note) })
    first.lease.release()
    first.lease.release()
    const lease = await second
    expect(waited).toEqual(['one'])
    expect('holder' in leases.tryAcquire('action:1', 'three')).toBe(true)
    lease.release()
    expect('lease' in leases.tryAcquire('action:1', 'four')).toBe(true)
  })

  it('stops waiting for a lease when aborted, with the reason', async () => {
    const { leases } = await make()
    leases.tryAcquire('busy', 'one')
    const controller = new AbortController()
    const waiting = leases.acquire('busy', 'two', {
      signal: controller.signal,
      onWait: () => controller.abort(new Error('enough')),
    })
    await expect(waiting).rejects.toThrow('enough')
  })
}
