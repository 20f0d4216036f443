import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blobPath } from '../../store/disk/layout.ts'
import { actionKey, collect, planCollection, readJsonArtifact } from '../../store/index.ts'
import { startScript } from './child.ts'
import { isThere, newDirectory, noise, open, recordOf, value } from './fixtures.ts'

describe('two processes on one store', () => {
  it('see what the other one commits, and commit the same things at once', async () => {
    const dir = newDirectory()
    const store = await open({ dir })
    const first = startScript('commit-many', dir, '30')
    const second = startScript('commit-many', dir, '30')
    expect(await first.line()).toBe('0')
    expect((await store.lookup(actionKey({ n: 0 }))).kind).toBe('hit')
    expect(await first.ended()).toBe(0)
    expect(await second.ended()).toBe(0)
    for (let n = 0; n < 30; n++) {
      const found = await store.lookup(actionKey({ n }))
      if (found.kind !== 'hit') throw new Error(`action ${n} is ${found.kind}`)
      const { large } = found.record.result.outputs
      if (large === undefined) throw new Error('the record has its outputs')
      expect(value(await readJsonArtifact(store, large))).toEqual({ large: String(n).repeat(50_000) })
    }
    expect(readdirSync(join(dir, 'tmp'))).toEqual([])
  })

  it('agree on a lease; a stopped holder keeps it, a killed one loses it at once', async () => {
    const dir = newDirectory()
    const store = await open({ dir })
    const holder = startScript('hold-lease', dir, 'action:1')
    expect(await holder.line()).toBe('held')
    expect(store.leases.tryAcquire('action:1', 'me')).toMatchObject({
      holder: { pid: holder.pid, note: 'held by a test' },
    })
    process.kill(holder.pid, 'SIGSTOP')
    expect('holder' in store.leases.tryAcquire('action:1', 'me')).toBe(true)
    process.kill(holder.pid, 'SIGKILL')
    expect(await holder.ended()).toBe('SIGKILL')
    expect('lease' in store.leases.tryAcquire('action:1', 'me')).toBe(true)
  })

  it('a waiter gets the lease when the holder dies', async () => {
    const dir = newDirectory()
    const store = await open({ dir })
    const holder = startScript('hold-lease', dir, 'action:1')
    await holder.line()
    const waiting = store.leases.acquire('action:1', 'me', { onWait: ({ pid }) => process.kill(pid, 'SIGKILL') })
    ;(await waiting).release()
  })

  it('survive one that dies in the middle of a commit: nothing is visible, and the orphan is cleared or reused', async () => {
    const dir = newDirectory()
    const work = newDirectory()
    const path = join(work, 'file')
    writeFileSync(path, noise(200_000))
    const store = await open({ dir })
    for (const next of ['commit', 'collect']) {
      const child = startScript('crash-in-commit', dir, path)
      expect(await child.ended()).toBe('SIGKILL')
      const staged = value(await store.blobs.stageFile(path))
      expect(staged.where).toBe('file')
      expect(await isThere(store, staged.digest)).toBe(false)
      const orphan = blobPath(store.context.layout, staged.digest.hash)
      expect(existsSync(orphan)).toBe(true)
      const record = recordOf(
        { next },
        { out: { kind: 'file', digest: staged.digest, sizeBytes: staged.digest.sizeBytes } },
      )
      if (next === 'commit') {
        value(await store.actions.commit(record, [staged]))
        expect((await store.lookup(record.key)).kind).toBe('hit')
        value(await collect(store, value(planCollection(store, { maxSizeBytes: 0 }))))
      } else {
        await store.blobs.discard([staged])
        expect(value(planCollection(store)).orphanFiles).toEqual({ count: 1, bytes: 200_000 })
        value(await collect(store, value(planCollection(store))))
      }
      expect(existsSync(orphan)).toBe(false)
      expect(readdirSync(join(dir, 'tmp'))).toEqual([])
    }
  })
})
