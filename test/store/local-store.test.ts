import { describe, expect, it, vi } from 'vitest'
import { describeLocalStore } from '../conformance/local-store.ts'
import { newDirectory, open, recordOf, value } from './fixtures.ts'

describeLocalStore('local store', () => open({ dir: newDirectory() }))

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
