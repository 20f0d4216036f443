import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { layoutOf } from '../../../store/disk/layout.ts'
import { describeIndexRepair, openStore, stageArtifact, verifyStore } from '../../../store/index.ts'
import { announce } from '../../../store/opening/presence.ts'
import { seededRandom } from '../../faults/random.ts'
import { copyStore } from '../../rig/copy-store.ts'
import { startScript } from '../child.ts'
import { failureKind, newDirectory, noise, open, recordOf, value } from '../fixtures.ts'

/** How often a rebuild is killed (`REPRISE_REBUILD_KILLS=500` for the long form), and somewhat longer than it takes. */
const kills = Number(process.env.REPRISE_REBUILD_KILLS ?? '5')
const rebuildMs = 1500
/** How often eight processes meet a damaged index (`REPRISE_REBUILD_ROUNDS=500` for the long form). */
const rounds = Number(process.env.REPRISE_REBUILD_ROUNDS ?? '1')
/** How long so many of them may take on a busy machine, in milliseconds. */
const timeLimitMs = (times: number) => Math.max(600_000, times * 20_000)
const random = seededRandom(Number(process.env.REPRISE_SEED ?? '1'))

/** What is written into one table, so that its pages can be found. */
const needle = 'a memo whose page is damaged'

describe('a damaged index', () => {
  /** Returns a store with one action, closed. */
  async function filled(): Promise<{ readonly dir: string; readonly key: string; readonly data: string }> {
    const dir = newDirectory()
    const store = await open({ dir })
    const path = join(newDirectory(), 'file')
    writeFileSync(path, noise(100_000))
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', path))
    const record = recordOf({ n: 1 }, { out: artifact })
    value(await store.actions.commit(record, staged))
    store.ledger.memos.set('needle', needle)
    await store.close()
    return { dir, key: record.key, data: join(dir, 'index', 'data.mdb') }
  }

  /** Damages the pages of the table of memos. */
  function spoilMemos(data: string): void {
    const bytes = readFileSync(data)
    for (let at = 0; at < bytes.length; at += 4096) {
      if (bytes.subarray(at, at + 4096).includes(needle)) bytes.fill(0xff, at, at + 64)
    }
    writeFileSync(data, bytes)
  }

  it('that cuts it short is noticed before it is opened, told in a line, and kept for whoever wants to look', async () => {
    const { dir, data } = await filled()
    truncateSync(data, 3 * 4096)
    const store = await open({ dir })
    const { repaired } = store
    if (repaired === undefined) throw new Error('the index was damaged')
    expect(repaired).toMatchObject({ adoptedBlobs: 1 })
    expect(describeIndexRepair(dir, repaired)).toMatch(/was damaged .* has been rebuilt/)
    expect(readdirSync(join(dir, 'quarantine'))).toHaveLength(1)
    expect(readdirSync(join(dir, 'tmp'))).toEqual([])
    await store.close()
    expect((await open({ dir })).repaired).toBeUndefined()
  })

  it('that removes it altogether leaves the blobs, which need not be stored again', async () => {
    const { dir } = await filled()
    rmSync(join(dir, 'index'), { recursive: true })
    const store = await open({ dir })
    expect(store.repaired).toMatchObject({ actions: 0, adoptedBlobs: 1 })
    expect(store.blobs.stageBytes(noise(100_000)).where).toBe('present')
  })

  it('is refused where nothing may be written', async () => {
    const { dir, data } = await filled()
    truncateSync(data, 3 * 4096)
    expect(failureKind(await openStore({ dir, readOnly: true }))).toBe('store-refused')
  })

  it('is not seen in an index that was copied from elsewhere, or whose process was killed', async () => {
    const { dir, key, data } = await filled()
    copyFileSync(data, `${data}.copy`)
    rmSync(data)
    copyFileSync(`${data}.copy`, data)
    const store = await open({ dir })
    expect(store.repaired).toBeUndefined()
    expect(store.context.indexWasLookedAt).toBe(true)
    expect((await store.lookup(key)).kind).toBe('hit')
  })

  it('is looked for after a process that had the store open was killed, and after no other', async () => {
    const { dir } = await filled()
    const looked = async () => {
      const store = await open({ dir })
      const { indexWasLookedAt } = store.context
      await store.close()
      return indexWasLookedAt
    }
    expect(await looked()).toBe(false)
    for (const [how, isLookedFor] of [
      ['close', false],
      ['exit', false],
      ['kill', true],
    ] as const) {
      const child = startScript('open-and-end', dir, how)
      await child.ended()
      expect([how, await looked()]).toEqual([how, isLookedFor])
    }
    expect(await looked()).toBe(false)
    expect(readdirSync(join(dir, 'leases')).filter((name) => name.startsWith('index.'))).toEqual([])
  })

  it('is not looked for while other processes that do well have the store open', async () => {
    const { dir } = await filled()
    const one = await open({ dir })
    one.ledger.memos.set('written', 1)
    value(one.flush())
    expect((await open({ dir })).context.indexWasLookedAt).toBe(false)
  })

  it('that nobody could notice is found by a verification, which it does not end', async () => {
    const { dir, data } = await filled()
    const store = await open({ dir })
    spoilMemos(data)
    expect(failureKind(await verifyStore(store))).toBe('store-refused')
    await store.close()
    const again = await open({ dir, checkIndex: true })
    expect(again.repaired).toMatchObject({ actions: 1 })
    expect(value(await verifyStore(again)).damage).toEqual([])
  })

  it(
    'is rebuilt by a process that was killed at any moment of it, or else by the next one: nothing is lost',
    async () => {
      const { dir, key, data } = await filled()
      const before = join(newDirectory(), 'before')
      copyStore(dir, before)
      for (let kill = 0; kill < kills; kill++) {
        rmSync(dir, { recursive: true })
        copyStore(before, dir)
        spoilMemos(data)
        const child = startScript('open-and-end', dir, 'close')
        await Promise.race([child.ended(), delay(random() * rebuildMs)])
        child.process.kill('SIGKILL')
        await child.ended()
        const store = await open({ dir })
        expect([kill, (await store.lookup(key)).kind]).toEqual([kill, 'hit'])
        await store.close()
      }
    },
    timeLimitMs(kills),
  )

  it('is in its place when a rebuild was killed between its two renames', async () => {
    const { dir, key } = await filled()
    renameSync(join(dir, 'index'), join(dir, 'index.rebuilt'))
    const store = await open({ dir })
    expect((await store.lookup(key)).kind).toBe('hit')
    expect(existsSync(join(dir, 'index.rebuilt'))).toBe(false)
  })

  it('takes nothing more from those who have it open once it was moved away, which would be lost', async () => {
    const { dir, key } = await filled()
    const one = await open({ dir })
    renameSync(join(dir, 'index'), join(dir, 'index.rebuilt'))
    one.ledger.memos.set('needle', 'of the old index')
    expect(failureKind(one.flush())).toBe('store-io')
    const two = await open({ dir })
    value(one.flush())
    expect((await two.lookup(key)).kind).toBe('hit')
    two.context.db.refresh(0)
    expect(two.ledger.memos.get('needle')).toBe('of the old index')
  })

  it(
    'is met by eight processes at once, of which each does its work and one rebuilds it',
    async () => {
      const { dir, key, data } = await filled()
      const before = join(newDirectory(), 'before')
      copyStore(dir, before)
      for (let round = 0; round < rounds; round++) {
        rmSync(dir, { recursive: true })
        copyStore(before, dir)
        spoilMemos(data)
        const children = Array.from({ length: 8 }, () => startScript('open-and-end', dir, 'close'))
        const ends = await Promise.all(children.map((child) => child.ended()))
        const store = await open({ dir })
        const kept = readdirSync(join(dir, 'quarantine')).length
        expect([round, ...ends, kept, (await store.lookup(key)).kind]).toEqual([round, ...ends.map(() => 0), 1, 'hit'])
        await store.close()
      }
    },
    timeLimitMs(rounds),
  )

  it('is waited for while another process rebuilds it, which is told', async () => {
    const { dir } = await filled()
    const leave = announce(layoutOf(dir), 'rebuild')
    const told: string[] = []
    const store = await open({
      dir,
      onWait: (what) => {
        told.push(what)
        leave()
      },
    })
    expect(told).toEqual([`waiting for process ${process.pid}, which rebuilds the index of the store ${dir}`])
    expect(store.repaired).toBeUndefined()
  })

  it('leaves those who have the old index open at work: they go on in the new one', async () => {
    const { dir, key, data } = await filled()
    const one = await open({ dir })
    spoilMemos(data)
    const two = await open({ dir, checkIndex: true })
    expect(two.repaired).toMatchObject({ actions: 1 })
    const { artifact, staged } = value(await stageArtifact(one.blobs, 'json', { n: 2 }))
    const record = recordOf({ n: 2 }, { out: artifact })
    value(await one.actions.commit(record, staged))
    expect((await two.lookup(record.key)).kind).toBe('hit')
    expect((await one.lookup(key)).kind).toBe('hit')
  })

  it('is rebuilt by one of two processes that find it at once', async () => {
    const { dir, data } = await filled()
    truncateSync(data, 3 * 4096)
    const both = await Promise.all([open({ dir }), open({ dir })])
    expect(both.filter(({ repaired }) => repaired !== undefined)).toHaveLength(1)
    expect(readdirSync(join(dir, 'quarantine'))).toHaveLength(1)
  })

  it('is rebuilt although another process died while it rebuilt', async () => {
    const { dir, data } = await filled()
    truncateSync(data, 3 * 4096)
    writeFileSync(join(dir, 'leases', 'rebuild.1_0_another__a-1'), '')
    expect((await open({ dir })).repaired).toBeDefined()
    expect(readdirSync(join(dir, 'leases')).filter((name) => name.startsWith('rebuild.'))).toEqual([])
  })
})
