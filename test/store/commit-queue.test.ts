import { describe, expect, it, vi } from 'vitest'
import { type ActionRecord, digestBytes, type LocalStore, type StagedBlob } from '../../store/index.ts'
import { newDirectory, open, recordOf } from './fixtures.ts'

/** Returns an action whose one output holds its name, and that output staged. */
function work(store: LocalStore, name: string): { readonly record: ActionRecord; readonly staged: StagedBlob } {
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
      return { ok: answer.ok, kind: (await store.actions.lookup(record.key)).kind }
    })
    expect(await Promise.all(answers)).toEqual(works.map(() => ({ ok: true, kind: 'hit' })))
    expect(write).toHaveBeenCalledTimes(1)
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
    const found = await Promise.all([good, bad, also].map(({ record }) => store.actions.lookup(record.key)))
    expect(found.map(({ kind }) => kind)).toEqual(['hit', 'absent', 'hit'])
  })

  it('are on the disk before the store is closed', async () => {
    const dir = newDirectory()
    const store = await open({ dir })
    const { record, staged } = work(store, 'late')
    const committing = store.actions.commit(record, [staged])
    await store.close()
    expect((await committing).ok).toBe(true)
    expect((await (await open({ dir })).actions.lookup(record.key)).kind).toBe('hit')
  })
})
