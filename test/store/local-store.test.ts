import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { blobPath } from '../../store/disk/layout.ts'
import type { Digest } from '../../store/index.ts'
import { hashKey } from '../../store/lmdb/index-keys.ts'
import { describeCacheStore } from '../conformance/cache-store.ts'
import { describeLocalStore } from '../conformance/local-store.ts'
import { newDirectory, open, recordOf, value } from './fixtures.ts'

describeLocalStore('local store', () => open({ dir: newDirectory() }))

describeCacheStore('local store', async () => {
  const dir = newDirectory()
  const cache = await open({ dir })
  const { blobTable, db, layout } = cache.context
  const isInline = ({ hash }: Digest) => blobTable.entry(hash)?.where === 'inline'
  return {
    cache,
    other: await open({ dir }),
    damage(digest) {
      const path = blobPath(layout, digest.hash)
      const key = hashKey(digest.hash)
      const bytes = isInline(digest) ? Buffer.from(db.table('blobs-1').get(key) ?? []) : readFileSync(path)
      bytes[bytes.byteLength - 1] = (bytes.at(-1) ?? 0) ^ 1
      if (isInline(digest)) db.write(() => db.table('blobs-1').put(key, bytes))
      else {
        chmodSync(path, 0o644)
        writeFileSync(path, bytes)
      }
    },
    lose(digest) {
      if (isInline(digest)) db.write(() => blobTable.remove(digest.hash))
      else rmSync(blobPath(layout, digest.hash))
    },
    openReadOnly: () => open({ dir, readOnly: true }),
  }
})

describe('what is remembered of many steps', () => {
  const steps = Array.from({ length: 50 }, (_, n) => `step${n}`)
  const memories = new Map(
    steps.map((step, n) => [step, { key: recordOf({ step }, {}).key, action: { step, n } }] as const),
  )

  it('is read once for all of them', async () => {
    const store = await open({ dir: newDirectory() })
    store.ledger.jobs.remember('/job', 'pipeline', memories)
    value(store.flush())
    const parse = vi.spyOn(JSON, 'parse')
    const found = steps.map((step) => store.ledger.jobs.lastAction('/job', 'pipeline', step))
    expect(found.map((last) => last?.action)).toEqual(steps.map((step, n) => ({ step, n })))
    expect(parse).toHaveBeenCalledTimes(1 + steps.length)
    parse.mockRestore()
  })

  it('is read again when another process has written it', async () => {
    const dir = newDirectory()
    const [store, other] = [await open({ dir }), await open({ dir })]
    store.ledger.jobs.remember('/job', 'pipeline', memories)
    value(store.flush())
    expect(store.ledger.jobs.lastAction('/job', 'pipeline', 'step0')?.action).toEqual({ step: 'step0', n: 0 })
    const changed = { key: recordOf({ step: 'changed' }, {}).key, action: { step: 'changed' } }
    other.ledger.jobs.remember('/job', 'pipeline', new Map([['step0', changed]]))
    value(other.flush())
    store.context.db.write(() => {})
    expect(store.ledger.jobs.lastAction('/job', 'pipeline', 'step0')?.action).toEqual({ step: 'changed' })
  })
})
