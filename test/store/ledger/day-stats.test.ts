import { appendFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { layoutOf } from '../../../store/disk/layout.ts'
import { actionKey, type DirectoryStore } from '../../../store/index.ts'
import { newDirectory, open, value } from '../fixtures.ts'

const now = () => Date.parse('2026-01-31T12:00:00Z')
const day = '2026-01-31'

/** Returns a store that was used a moment ago, so that one more hit is nothing but a count. */
async function used(dir: string): Promise<DirectoryStore> {
  const store = await open({ dir, now })
  hit(store, 'first')
  value(store.flush())
  return store
}

function hit(store: DirectoryStore, name: string): void {
  store.actions.countHit(actionKey({ name }), 100)
}

function total(store: DirectoryStore): number {
  return store.ledger.days.recent().reduce((sum, { hits }) => sum + hits, 0)
}

describe('the counts of a day', () => {
  it('are kept without a transaction where nothing else is to be written', async () => {
    const dir = newDirectory()
    await (await used(dir)).close()
    const data = join(layoutOf(dir).index, 'data.mdb')
    const before = readFileSync(data)
    const again = await open({ dir, now })
    hit(again, 'first')
    value(again.flush())
    await again.close()
    expect(again.context.db.transactions).toBe(0)
    expect(readFileSync(data).equals(before)).toBe(true)
    const reader = await open({ dir, now })
    expect(reader.ledger.days.recent()).toEqual([{ day, hits: 2, misses: 0, savedMs: 200 }])
  })

  it('come into the index with the next transaction, each once', async () => {
    const dir = newDirectory()
    await (await used(dir)).close()
    const [one, other] = [await open({ dir, now }), await open({ dir, now })]
    for (let round = 0; round < 50; round++) {
      for (const store of [one, other]) {
        // Counted anew as if in another run: a run counts an action once.
        const run = await open({ dir, now })
        hit(run, 'first')
        await run.close()
        if (round % 10 === 0) {
          store.ledger.memos.set('round', round)
          hit(store, `in ${round}`)
          value(store.flush())
        }
      }
    }
    expect(total(one)).toBe(1 + 100 + 10)
    one.ledger.memos.set('round', 'last')
    hit(one, 'last')
    value(one.flush())
    expect(existsSync(layoutOf(dir).tally)).toBe(false)
    expect(total(other)).toBe(1 + 100 + 10 + 1)
  })

  it('are kept beside a line that a full disk has cut', async () => {
    const dir = newDirectory()
    await (await used(dir)).close()
    writeFileSync(layoutOf(dir).tally, `\n{"day":"${day}","hits":7`)
    const store = await open({ dir, now })
    hit(store, 'first')
    value(store.flush())
    expect(store.context.db.transactions).toBe(0)
    expect(total(store)).toBe(2)
  })

  it('go into the index where their file is long, or is a link', async () => {
    const dir = newDirectory()
    await (await used(dir)).close()
    const { tally } = layoutOf(dir)
    appendFileSync(tally, `\n{"day":"${day}","hits":1,"misses":0,"savedMs":0}`.repeat(1500))
    const long = await open({ dir, now })
    hit(long, 'first')
    await long.close()
    expect(existsSync(tally)).toBe(false)
    expect(total(await open({ dir, now }))).toBe(1 + 1500 + 1)

    const elsewhere = join(newDirectory(), 'notes.txt')
    writeFileSync(elsewhere, 'mine')
    symlinkSync(elsewhere, tally)
    const linked = await open({ dir, now })
    hit(linked, 'first')
    await linked.close()
    expect(readFileSync(elsewhere, 'utf8')).toBe('mine')
    expect(total(await open({ dir, now }))).toBe(1 + 1500 + 2)
  })
})
