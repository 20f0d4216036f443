import { expect, it } from 'vitest'
import { leftMs } from '../../../src/core/index.ts'

it.each([
  ['nothing is known', {}, undefined],
  ['the history is believed', { historyLeftMs: 500 }, 500],
  ['a step that has hardly begun says nothing', { fraction: 0.04, historyLeftMs: 500 }, 500],
  ['a pace without a history is believed', { fraction: 0.25 }, 3000],
  ['both are weighed by how far the step is', { fraction: 0.25, historyLeftMs: 1000 }, 1500],
  ['a history that is used up is believed no more', { fraction: 0.25, historyLeftMs: -1 }, 3000],
])('%s', (_what, known, expected) => expect(leftMs({ elapsedMs: 1000, ...known })).toBe(expected))
