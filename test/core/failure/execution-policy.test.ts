import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  answerTo,
  definePipeline,
  defineStage,
  type ExecutionPolicy,
  type Failure,
  failureClassOf,
  policyOf,
  type RetryPolicy,
  retryDelayMs,
  validate,
} from '../../../src/core/index.ts'

const refused: Failure = { kind: 'stage-failed', step: 'a', message: 'no' }
const busy: Failure = { ...refused, retryAfterMs: 30_000 }
const silent: Failure = { ...refused, about: 'audio' }
const full: Failure = { kind: 'disk-full', step: 'a', path: '/x' }
const crowded: Failure = { kind: 'device-out-of-memory', step: 'a', device: 'cuda', message: 'CUDA out of memory' }
const empty: Failure = { kind: 'output-empty', step: 'a', output: 'text', path: '/x' }

/** Returns the waits before each other attempt, without chance. */
function delays(failure: Failure, policy: ExecutionPolicy, random = 0): readonly number[] {
  const found: number[] = []
  for (let attempt = 1; ; attempt++) {
    const delayMs = retryDelayMs(failure, policy, attempt, () => random)
    if (delayMs === undefined) return found
    found.push(delayMs)
  }
}

describe('a retry policy', () => {
  it('makes three attempts, each wait twice as long as the one before', () => {
    expect(delays(refused, { retry: {} })).toEqual([1000, 2000])
    expect(delays(refused, {})).toEqual([])
    expect(retryDelayMs(refused, undefined, 1, () => 0)).toBeUndefined()
  })

  it('takes its waits from the backoff, and a part of them from chance', () => {
    const backoff = { initialMs: 100, factor: 10, maxMs: 5000, jitter: 0.2 }
    const retry: RetryPolicy = { attempts: 5, backoff }
    expect(delays(refused, { retry })).toEqual([100, 1000, 5000, 5000])
    expect(delays(refused, { retry }, 1)).toEqual([80, 800, 4000, 4000])
    expect(delays(refused, { retry: { attempts: 3, backoff: { ...backoff, jitter: 0 } } }, 1)).toEqual([100, 1000])
  })

  it("repeats what is the stage's own failure, where it names no other", () => {
    const retry: RetryPolicy = { attempts: 2 }
    const kinds = [refused, silent, full, crowded, empty].map((failure) => delays(failure, { retry }).length)
    expect(kinds).toEqual([1, 1, 0, 0, 0])
  })

  it('repeats kinds, classes, or what a function says', () => {
    expect(delays(empty, { retry: { on: ['output-empty'] } })).toHaveLength(2)
    expect(delays(empty, { retry: { on: ['validation'] } })).toHaveLength(2)
    expect(delays(refused, { retry: { on: ['validation'] } })).toHaveLength(0)
    const seen: [string, number][] = []
    const on = (failure: Failure, attempt: number) => {
      seen.push([failure.kind, attempt])
      return attempt < 2
    }
    expect(delays(full, { retry: { attempts: 9, on } })).toHaveLength(1)
    expect(seen).toEqual([
      ['disk-full', 1],
      ['disk-full', 2],
    ])
  })

  it('asks again later: when the stage says, or after the longer wait that the policy has for a kind', () => {
    expect(delays(busy, {})).toEqual([30_000, 30_000])
    expect(delays(busy, { retry: { attempts: 2, on: ['validation'] } })).toEqual([30_000])
    expect(delays(refused, { onFailure: { stage: 'later' } })).toEqual([60_000, 60_000])
    expect(delays(refused, { onFailure: { stage: 'later' }, retry: { attempts: 2, laterMs: 5 } })).toEqual([1000])
  })

  it('answers by kind before class, and never repeats what aborts', () => {
    const onFailure = { stage: 'abort', 'stage-failed': 'retry', state: 'continue' } as const
    expect(answerTo(refused, { onFailure })).toBe('retry')
    expect(answerTo(crowded, { onFailure })).toBe('abort')
    expect(answerTo(full, { onFailure })).toBe('continue')
    expect(answerTo(empty, { onFailure })).toBeUndefined()
    expect(delays(refused, { onFailure })).toHaveLength(2)
    expect(delays(busy, { retry: {}, onFailure: { stage: 'abort' } })).toEqual([])
  })

  it("is the step's where it has one, else the stage's", () => {
    const stage: ExecutionPolicy = { retry: { attempts: 5 }, timeoutMs: 10, onFailure: { stage: 'abort' } }
    expect(policyOf(stage, { timeoutMs: 20, onFailure: { state: 'continue' } })).toEqual({
      retry: { attempts: 5 },
      timeoutMs: 20,
      onFailure: { stage: 'abort', state: 'continue' },
    })
    expect(policyOf({}, {})).toBeUndefined()
  })

  it('is checked with the pipeline, every mistake at once', () => {
    const stage = defineStage({
      name: 'recognize',
      version: 1,
      inputs: {},
      params: z.object({ batch: z.number().int().positive().default(8) }),
      outputs: { text: 'text.txt' },
      devices: ['cuda'],
      timeoutMs: 0,
      onOutOfMemory: [{ params: { batch: 4 } }, { params: { batch: -1 } }, { device: 'cpu' }],
      run: () => {},
    })
    const retry = { attempts: 0, backoff: { factor: 0.5, jitter: 2, initialMs: Number.NaN } }
    const pipeline = definePipeline({
      name: 'p',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(stage, {}, { retry }),
    })
    expect(validate(pipeline).map(({ where }) => where)).toEqual([
      'step recognize.timeoutMs',
      'step recognize.retry.backoff.initialMs',
      'step recognize.retry.backoff.factor',
      'step recognize.retry.backoff.jitter',
      'step recognize.retry.attempts',
      'step recognize.onOutOfMemory[1].batch',
      'step recognize.onOutOfMemory[2].device',
    ])
  })

  it('does not say of each rung what is wrong with the params of the step', () => {
    const stage = defineStage({
      name: 'recognize',
      version: 1,
      inputs: {},
      params: z.object({ batch: z.number().default(8), beams: z.number().default(1) }),
      outputs: { text: 'text.txt' },
      onOutOfMemory: [{ params: { batch: 4 } }, { params: { batch: 1 } }],
      run: () => {},
    })
    const pipeline = definePipeline({
      name: 'p',
      inputs: {},
      params: z.object({}),
      build: ({ step }) => step(stage, {}, { params: { beams: 'many' as never } }),
    })
    expect(validate(pipeline).map(({ where }) => where)).toEqual(['step recognize.beams'])
  })
})

it('knows the class of a failure', () => {
  expect([refused, silent, full, crowded, empty].map(failureClassOf)).toEqual([
    'stage',
    'audio',
    'state',
    'stage',
    'validation',
  ])
})
