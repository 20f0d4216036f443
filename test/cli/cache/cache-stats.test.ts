import { expect, it } from 'vitest'
import { byStage } from '../../../src/cli/cache/cache-stats.ts'

it('groups what the store holds by pipeline and step, the items of a fan-out in one row', () => {
  const of = (pipeline: string, step: string, bytes: number) => ({
    pipeline,
    step,
    bytes,
    actions: 1,
    hits: 2,
    savedMs: 3,
  })
  const rows = byStage([of('b', 'mux', 50), of('a', 'tr/es', 30), of('a', 'demux', 20), of('a', 'tr/ca', 10)])
  expect(rows).toEqual([
    { ...of('a', 'tr/es', 40), items: 2, actions: 2, hits: 4, savedMs: 6 },
    { ...of('a', 'demux', 20), items: 1 },
    { ...of('b', 'mux', 50), items: 1 },
  ])
})
