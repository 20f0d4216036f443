import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { describeIndexRepair, openStore, stageArtifact } from '../../store/index.ts'
import { failureKind, newDirectory, noise, open, recordOf, value } from '../store/fixtures.ts'

const here = dirname(fileURLToPath(import.meta.url))

/** `REPRISE_DAMAGE_TRIALS=5000 REPRISE_SEED=7 npx vitest run test/faults/index-damage.test.ts` for more. */
const trials = Number(process.env.REPRISE_DAMAGE_TRIALS ?? (process.env.CI === undefined ? 60 : 400))
const seed = process.env.REPRISE_SEED ?? '1'

describe('damage to the index', () => {
  it(
    `ends no process and gives no wrong byte, in ${trials} trials`,
    async () => {
      const script = join(here, 'scripts', 'damage-index.ts')
      const dir = join(newDirectory(), 'store')
      const args = ['--import', 'jiti/register', script, dir, String(trials), seed]
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: dirname(dirname(here)) })
      const last = stdout.trimEnd().split('\n').at(-1) ?? ''
      process.stdout.write(`${last}\n`)
      const totals: Record<string, number> = JSON.parse(last)
      expect(totals).toMatchObject({ trials, wrong: 0 })
      // Trials that damage nothing, or in which everything is lost, would show nothing.
      expect(totals.rebuilt).toBeGreaterThan(0)
      expect(totals.hits).toBeGreaterThan(0)
      expect(totals.misses).toBeGreaterThan(0)
    },
    trials * 5_000,
  )

  /** Returns a store with one action, closed. */
  async function filled(): Promise<{ readonly dir: string; readonly key: string; readonly data: string }> {
    const dir = newDirectory()
    const store = await open({ dir })
    const path = join(newDirectory(), 'file')
    writeFileSync(path, noise(100_000))
    const { artifact, staged } = value(await stageArtifact(store.blobs, 'file', path))
    const record = recordOf({ n: 1 }, { out: artifact })
    value(await store.actions.commit(record, staged))
    await store.close()
    return { dir, key: record.key, data: join(dir, 'index', 'data.mdb') }
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
    expect(existsSync(join(dir, 'REBUILDING'))).toBe(false)
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
    expect((await store.lookup(key)).kind).toBe('hit')
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
    writeFileSync(join(dir, 'REBUILDING'), '{"pid":1,"startedAt":"0","bootId":"another","pidNamespace":""}')
    expect((await open({ dir })).repaired).toBeDefined()
  })
})
