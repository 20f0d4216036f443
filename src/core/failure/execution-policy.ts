import type { Device } from './device.ts'
import type { Failure, Problem } from './failure.ts'
import { type FailureClass, type FailureKind, failureClassOf } from './failure-class.ts'

/** How long a step waits before a retry: longer each time, and with a random part. */
export interface Backoff {
  /** Before the second attempt; 1000 by default. */
  readonly initialMs?: number
  /** The factor from each wait to the next; 2 by default. */
  readonly factor?: number
  /** The longest wait; 60000 by default. */
  readonly maxMs?: number
  /** The random part of each wait, from 0 to 1; 0.5 by default. */
  readonly jitter?: number
}

/** After which failures a step is retried, and how often. */
export interface RetryPolicy {
  /** The maximum number of attempts, including the first; 3 by default. */
  readonly attempts?: number
  readonly backoff?: Backoff
  /**
   * The kinds and classes of failures that are retried, or a function that decides.
   * By default `stage`, `audio` and `video`, but not `device-out-of-memory`, which would fail again.
   */
  readonly on?: readonly (FailureKind | FailureClass)[] | ((failure: Failure, attempt: number) => boolean)
  /** The shortest wait for the answer `later`; 60000 by default. */
  readonly laterMs?: number
}

/**
 * What follows a failure. `retry`: another attempt, after the backoff. `later`: one after a longer wait.
 * `continue`: steps that do not need this one still run. `abort`: no step is started or retried any more.
 */
export type FailureAnswer = 'retry' | 'later' | 'continue' | 'abort'

/** Answers by kind or class of failure; that for a kind wins over that for its class. */
export type FailureAnswers = { readonly [Name in FailureKind | FailureClass]?: FailureAnswer }

/** What a retry uses when the device runs out of memory: other params, over the step's own, or another device. */
export interface MemoryRung<Params extends object = object> {
  readonly params?: Params
  readonly device?: Device
}

/** How a step is executed, apart from what it computes; never part of the key. */
export interface ExecutionPolicy {
  readonly retry?: RetryPolicy
  /** By default as the run says: start no more steps, or (with keepGoing) continue with those that do not need this one. */
  readonly onFailure?: FailureAnswers
  /** How long one attempt may take. */
  readonly timeoutMs?: number
}

/** Returns the policy of a step: its options, and the stage's own policy where they are silent. */
export function policyOf(stage: ExecutionPolicy, options: ExecutionPolicy): ExecutionPolicy | undefined {
  const retry = options.retry ?? stage.retry
  const timeoutMs = options.timeoutMs ?? stage.timeoutMs
  const onFailure =
    options.onFailure === undefined || stage.onFailure === undefined
      ? (options.onFailure ?? stage.onFailure)
      : { ...stage.onFailure, ...options.onFailure }
  if (retry === undefined && timeoutMs === undefined && onFailure === undefined) return undefined
  return {
    ...(retry === undefined ? {} : { retry }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(onFailure === undefined ? {} : { onFailure }),
  }
}

/** Returns the answer to a failure, if the policy has one. */
export function answerTo(failure: Failure, policy: ExecutionPolicy | undefined): FailureAnswer | undefined {
  const answers = policy?.onFailure
  return answers?.[failure.kind] ?? answers?.[failureClassOf(failure)]
}

/** Returns every mistake in a policy. */
export function policyProblems(where: string, policy: ExecutionPolicy): readonly Problem[] {
  const { retry, timeoutMs } = policy
  const { attempts, backoff = {}, laterMs } = retry ?? {}
  const { initialMs, factor, maxMs, jitter } = backoff
  return [
    amountProblem(`${where}.timeoutMs`, timeoutMs, { above: 0 }),
    amountProblem(`${where}.retry.laterMs`, laterMs, { least: 0 }),
    amountProblem(`${where}.retry.backoff.initialMs`, initialMs, { least: 0 }),
    amountProblem(`${where}.retry.backoff.maxMs`, maxMs, { least: 0 }),
    amountProblem(`${where}.retry.backoff.factor`, factor, { least: 1 }),
    amountProblem(`${where}.retry.backoff.jitter`, jitter, { least: 0, most: 1 }),
    attempts === undefined || (Number.isInteger(attempts) && attempts >= 1)
      ? undefined
      : { where: `${where}.retry.attempts`, message: `${attempts} is not a whole number of at least 1` },
  ].filter((problem) => problem !== undefined)
}

interface Bounds {
  readonly above?: number
  readonly least?: number
  readonly most?: number
}

function amountProblem(where: string, value: number | undefined, { above, least, most }: Bounds): Problem | undefined {
  if (value === undefined) return undefined
  const holds =
    Number.isFinite(value) &&
    (above === undefined || value > above) &&
    (least === undefined || value >= least) &&
    (most === undefined || value <= most)
  const range = [
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(least === undefined ? [] : [`of at least ${least}`]),
    ...(most === undefined ? [] : [`of at most ${most}`]),
  ].join(' and ')
  return holds ? undefined : { where, message: `${value} is not a number ${range}` }
}
