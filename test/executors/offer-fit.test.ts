import { expect, it } from 'vitest'
import { misfits, sourceMark } from '../../src/executors/contract/offer-fit.ts'
import { offerOf, orderOf } from '../conformance/engine.ts'

const { request } = orderOf('a')
const source = { 'stages.ts': 'abc' }
const order = orderOf('a', {
  request: {
    ...request,
    action: { ...request.action, device: 'cuda', tools: { sh: { version: '1' }, sox: { version: '14' } }, source },
  },
})
const fit = {
  ...offerOf('box'),
  device: 'cuda' as const,
  tools: { sh: '1', sox: '14' },
  sources: { 'tried/try': sourceMark({ version: 1 }, { source }) },
}

it('an offer is compared with what an order needs: device, tools, sources', () => {
  expect(misfits(fit, order)).toEqual([])
  expect(misfits({ ...fit, device: 'cpu' }, order)).toEqual(['device "cuda" -> "cpu"'])
  expect(misfits({ ...fit, tools: { sh: '2', sox: null } }, order)).toEqual(['tools.sh 1 -> 2', 'tools.sox 14 -> none'])
  expect(misfits({ ...fit, pipelines: ['other'] }, order)).toEqual(['pipeline tried: it is not there'])
  const other = { 'tried/try': sourceMark({ version: 1 }, { source: { 'stages.ts': 'abd' } }) }
  expect(misfits({ ...fit, sources: other }, order)).toEqual(['source of try'])
  expect(sourceMark({ version: 2 }, { source })).not.toBe(sourceMark({ version: 1 }, { source }))
})

it('what an offer does not tell is no reason to pass its worker over', () => {
  const { sources: _, ...silent } = fit
  expect(misfits({ ...silent, tools: {}, pipelines: [] }, order)).toEqual([])
})
