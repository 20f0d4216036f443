import { SpanStatusCode, trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineSecret, defineStage, json, optional, provide } from '../../../src/core/index.ts'
import { isTraced } from '../../../src/engine/events/tracing.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const half = defineStage({
  name: 'half',
  version: 1,
  inputs: { of: optional(json(z.number())) },
  params: z.object({ from: z.number().default(0) }),
  outputs: { value: json(z.number()) },
  run({ inputs, params, fail }) {
    const of = inputs.of ?? params.from
    if (of % 2 === 1) fail(`${of} is odd`)
    return { value: of / 2 }
  },
})
const halves = definePipeline({
  name: 'halves',
  inputs: {},
  params: half.params,
  build({ step, params }) {
    const { value } = step(half, {}, { id: 'first', params })
    return step(half, { of: value }, { id: 'second' })
  },
})

/** Registers an SDK that keeps spans in memory, for the length of a test. */
function keepSpans() {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  trace.setGlobalTracerProvider(provider)
  const spans = () =>
    exporter.getFinishedSpans().map((span) => ({
      name: span.name,
      attributes: span.attributes,
      status: span.status,
      id: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId,
    }))
  /** Returns each span as the names of the spans around it and its own. */
  const trails = () => {
    const all = spans()
    const trail = (id: string | undefined): string[] => {
      const span = all.find((other) => other.id === id)
      return span === undefined ? [] : [...trail(span.parent), span.name]
    }
    return all.map(({ id }) => trail(id).join(' > ')).sort()
  }
  return { spans, trails, reset: () => exporter.reset() }
}

afterEach(() => trace.disable())

describe('spans', () => {
  it('are not made where no SDK is registered', async () => {
    expect(isTraced()).toBe(false)
    const { run } = await createWorkbench()
    expect((await run(halves, { params: { from: 4 } })).result.status).toBe('completed')
  })

  it('show a run, its steps, their look-ups and their executions, each inside the other', async () => {
    const kept = keepSpans()
    expect(isTraced()).toBe(true)
    const { run, jobDir } = await createWorkbench()
    const first = await run(halves, { params: { from: 4 } })
    expect(kept.trails()).toEqual([
      'run halves',
      'run halves > step first',
      'run halves > step first > cache look-up',
      'run halves > step first > execution',
      'run halves > step second',
      'run halves > step second > cache look-up',
      'run halves > step second > execution',
    ])
    const key = first.of('stage_running')[0]?.key
    const ofFirst = kept.spans().filter(({ attributes }) => attributes['reprise.step'] === 'first')
    expect(ofFirst.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['cache look-up', { 'reprise.step': 'first', 'reprise.key': key, 'reprise.hit': false }],
      [
        'execution',
        {
          'reprise.step': 'first',
          'reprise.key': key,
          'reprise.device': 'cpu',
          'reprise.attempt': 1,
          'reprise.duration_ms': expect.any(Number),
        },
      ],
      [
        'step first',
        {
          'cicd.pipeline.task.name': 'first',
          'reprise.step': 'first',
          'reprise.stage': 'half',
          'reprise.key': key,
          'reprise.device': 'cpu',
          'reprise.outcome': 'executed',
          'reprise.hit': false,
          'reprise.duration_ms': expect.any(Number),
        },
      ],
    ])
    expect(kept.spans().find(({ name }) => name === 'run halves')?.attributes).toEqual({
      'cicd.pipeline.name': 'halves',
      'cicd.pipeline.run.id': first.events[0]?.run,
      'cicd.pipeline.result': 'success',
      'reprise.run': first.events[0]?.run,
      'reprise.pipeline': 'halves',
      'reprise.job': jobDir,
      'reprise.device': 'cpu',
      'reprise.status': 'completed',
      'reprise.executed': 2,
      'reprise.cached': 0,
      'reprise.duration_ms': first.result.summary.durationMs,
    })
    // The last of them would do without looking up, were nobody to see it.
    for (let again = 0; again < 2; again++) {
      kept.reset()
      await run(halves, { params: { from: 4 } })
      expect(kept.trails()).toEqual([
        'run halves',
        'run halves > step first',
        'run halves > step first > cache look-up',
        'run halves > step second',
        'run halves > step second > cache look-up',
      ])
    }
    const hits = kept.spans().filter(({ name }) => name === 'cache look-up')
    expect(hits.map(({ attributes }) => attributes['reprise.hit'])).toEqual([true, true])
  })

  it('say which kind of failure ended them', async () => {
    const kept = keepSpans()
    const { run } = await createWorkbench()
    await run(halves, { params: { from: 2 } })
    const failed = kept.spans().filter(({ status }) => status.code === SpanStatusCode.ERROR)
    expect(failed.map(({ name, attributes, status }) => [name, attributes['reprise.failure'], status.message])).toEqual(
      [
        ['execution', 'stage-failed', '1 is odd'],
        ['step second', 'stage-failed', '1 is odd'],
        ['run halves', 'stage-failed', '1 is odd'],
      ],
    )
  })

  it('hold no secrets', async () => {
    const kept = keepSpans()
    const { run } = await createWorkbench()
    const token = defineSecret('token')
    const leak = defineStage({
      name: 'leak',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { value: json() },
      services: { token },
      run: ({ services, fail }) => fail(`refused: ${services.token}`),
    })
    const leaking = definePipeline({
      name: 'leaking',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(leak, {}),
    })
    await run(leaking, { services: [provide(token, 'tk-0123456789')] })
    const messages = kept.spans().flatMap(({ status }) => status.message ?? [])
    expect(messages).toEqual(Array(3).fill('refused: [secret token]'))
  })
})
