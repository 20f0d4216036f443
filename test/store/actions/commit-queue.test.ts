import { describe, expect, it, vi } from 'vitest'
import { type ActionRecord, type DirectoryStore, digestBytes, type StagedBlob } from '../../../store/index.ts'
import { commitCount } from '../../../store/tables/commit-count.ts'
import { newDirectory, open, recordOf } from '../fixtures.ts'

/** Returns an action whose one output holds its name, and that output staged. */
function work(store: DirectoryStore, name: string): { readonly record: ActionRecord; readonly staged: StagedBlob } {
  const staged = store.blobs.stageBytes(Buffer.from(name))
  const { digest } = staged
  return { record: recordOf({ name }, { text: { kind: 'file', digest, sizeBytes: digest.sizeBytes } }), staged }
}

describe('commits that are asked for at once', () => {
  it('share one transaction, and each is there when it is answered', async () => {
    const store = await open({ dir: newDirectory() })
    const write = vi.spyOn(store.context.db, 'write')
    const works = ['a', 'b', 'c'].map((name) => work(store, name))
    const answers = works.map(async ({ record, staged }) => {
      const answer = await store.actions.commit(record, [staged])
      return { ok: answer.ok, kind: (await store.lookup(record.key)).kind }
    })
    const before = commitCount(store.context.db)
    expect(await Promise.all(answers)).toEqual(works.map(() => ({ ok: true, kind: 'hit' })))
    expect(write).toHaveBeenCalledTimes(1)
    expect(commitCount(store.context.db)).toBe(before + 1n)
  })

  it('fail alone: what the others need is committed', async () => {
    const store = await open({ dir: newDirectory() })
    const [good, bad, also] = [work(store, 'good'), work(store, 'bad'), work(store, 'also')]
    const gone: StagedBlob = { where: 'present', digest: digestBytes(Buffer.from('bad')) }
    const answers = await Promise.all([
      store.actions.commit(good.record, [good.staged]),
      store.actions.commit(bad.record, [gone]),
      store.actions.commit(also.record, [also.staged]),
    ])
    expect(answers.map(({ ok }) => ok)).toEqual([true, false, true])
    const found = await Promise.all([good, bad, also].map(({ record }) => store.lookup(record.key)))
    expect(found.map(({ kind }) => kind)).toEqual(['hit', 'absent', 'hit'])
  })

  it('are on the disk before the store is closed', async () => {
    const dir = newDirectory()
    const store = await open({ dir })
    const { record, staged } = work(store, 'late')
    const committing = store.actions.commit(record, [staged])
    await store.close()
    expect((await committing).ok).toBe(true)
    expect((await (await open({ dir })).lookup(record.key)).kind).toBe('hit')
  })
})

describe('commits that follow each other closely', () => {
  /** Returns a store whose commits have become frequent, and by how much its clock goes on at a look. */
  async function crowded() {
    const clock = { ms: 1_000_000, stepMs: 0 }
    const monotonicMs = () => {
      clock.ms += clock.stepMs
      return clock.ms
    }
    const store = await open({ dir: newDirectory(), clocks: { monotonicMs } })
    for (let n = 0; n < 17; n++) {
      const { record, staged } = work(store, `before ${n}`)
      await store.actions.commit(record, [staged])
    }
    return { store, clock, write: vi.spyOn(store.context.db, 'write') }
  }

  /** Asks for commits, one a turn, each of an action that took so long. */
  async function commitEachTurn(store: DirectoryStore, durationsMs: readonly number[]): Promise<void> {
    const commits = durationsMs.map((durationMs, n) => {
      const { record, staged } = work(store, `${n}`)
      return { record: { ...record, result: { ...record.result, durationMs } }, staged }
    })
    const answers: Promise<unknown>[] = []
    for (const { record, staged } of commits) {
      answers.push(store.actions.commit(record, [staged]))
      await new Promise(setImmediate)
    }
    await Promise.all(answers)
    for (const { record } of commits) expect((await store.lookup(record.key)).kind).toBe('hit')
  }

  it('share a transaction over several turns, where each took no time to compute', async () => {
    const { store, write } = await crowded()
    await commitEachTurn(store, [0, 1, 2, 3, 4])
    expect(write).toHaveBeenCalledTimes(1)
  })

  it('wait for no other where one took long to compute', async () => {
    const { store, write } = await crowded()
    await commitEachTurn(store, [60_000, 60_000, 60_000])
    expect(write).toHaveBeenCalledTimes(3)
  })

  it('wait no longer than a moment, however many come', async () => {
    const { store, clock, write } = await crowded()
    clock.stepMs = 7
    await commitEachTurn(store, [0, 0, 0, 0, 0, 0, 0, 0, 0])
    expect(write.mock.calls.length).toBeGreaterThan(1)
  })

  it('is not said of those that come now and then', async () => {
    const { store, clock, write } = await crowded()
    clock.stepMs = 60
    await commitEachTurn(store, [0, 0, 0])
    expect(write).toHaveBeenCalledTimes(3)
  })
})
