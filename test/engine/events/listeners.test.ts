import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, json, many } from '../../../src/core/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const echo = defineStage({
  name: 'echo',
  version: 1,
  inputs: { after: many(json()) },
  params: z.object({ of: z.number() }),
  outputs: { value: json(z.number()) },
  run: ({ params }) => ({ value: params.of }),
})
const wide = definePipeline({
  name: 'wide',
  inputs: {},
  params: z.object({ count: z.number() }),
  build({ step, each, params }) {
    const numbers = Array.from({ length: params.count }, (_, index) => index)
    const { value } = each(numbers, (of) => step(echo, { after: [] }, { id: 'echo', params: { of } }))
    return step(echo, { after: value }, { id: 'last', params: { of: -1 } })
  },
})

describe('a run with many steps', () => {
  it('leaves no listener on the signal that it was given, and warns of none', async () => {
    const { run } = await createWorkbench()
    const warnings: Error[] = []
    const heard = (warning: Error) => void warnings.push(warning)
    process.on('warning', heard)
    const { signal } = new AbortController()
    const { result } = await run(wide, { params: { count: 30 }, concurrency: 30, signal })
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', heard)
    expect(result.status).toBe('completed')
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(warnings).toEqual([])
  })

  it('completes with nothing where the params leave no step', async () => {
    const { run } = await createWorkbench()
    const none = definePipeline({
      name: 'none',
      inputs: {},
      params: z.object({ to: z.array(z.number()).default([]) }),
      build: ({ step, each, params }) => each(params.to, (of) => step(echo, { after: [] }, { params: { of } })),
    })
    const { result } = await run(none)
    expect(result).toMatchObject({ status: 'completed', outputs: {} })
  })
})
