import type { Device } from './device.ts'
import type { Failure, Problem } from './failure.ts'
import { type FailureClass, type FailureKind, failureClassOf } from './failure-class.ts'

/** How long a step waits before it is executed again: longer each time, and never exactly as long as another's. */
export interface Backoff {
  /** Before the second attempt; 1000 by default. */
  readonly initialMs?: number
  /** By how much each wait is longer than the one before; 2 by default. */
  readonly factor?: number
  /** No wait is longer; 60000 by default. */
  readonly maxMs?: number
  /** The part of each wait that is left to chance, from 0 to 1; 0.5 by default. */
  readonly jitter?: number
}

/** Which failures a step is executed again after, and how often. */
export interface RetryPolicy {
  /** How often it is executed at most, the first time counted; 3 by default. */
  readonly attempts?: number
  readonly backoff?: Backoff
  /**
   * The kinds and classes of failures after which it is executed again, or a function that tells.
   * By default the stage's own: `stage`, `audio` and `video`, but not `device-out-of-memory`, which gives less no room.
   */
  readonly on?: readonly (FailureKind | FailureClass)[] | ((failure: Failure, attempt: number) => boolean)
  /** How long a step that asks again `later` waits at least; 60000 by default. */
  readonly laterMs?: number
}

/**
 * What follows a failure. `retry`: another attempt, after the backoff. `later`: one after a longer wait.
 * `continue`: everything that does not need the step goes on. `abort`: nothing more is started, and nothing tried again.
 */
export type FailureAnswer = 'retry' | 'later' | 'continue' | 'abort'

/** Answers by kind of failure, or by class; a kind's own goes before that of its class. */
export type FailureAnswers = { readonly [Name in FailureKind | FailureClass]?: FailureAnswer }

/** What a step is tried with when the device's memory does not suffice: other params, over the step's own, or another device. */
export interface MemoryRung<Params extends object = object> {
  readonly params?: Params
  readonly device?: Device
}

/** How a step is executed, apart from what it computes; never part of the key. */
export interface ExecutionPolicy {
  readonly retry?: RetryPolicy
  /** By default what the run says: to start nothing more, or to go on with what does not need the step. */
  readonly onFailure?: FailureAnswers
  /** How long one attempt may take. */
  readonly timeoutMs?: number
}

/** Returns the policy of a step: what its options say, and the stage's own where they say nothing. */
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

/** Returns what is said to follow a failure, where something is. */
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
      : { where: `${where}.retry.attempts`, message: `${attempts} is no whole number from 1` },
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
    ...(least === undefined ? [] : [`from ${least}`]),
    ...(most === undefined ? [] : [`to ${most}`]),
  ].join(' ')
  return holds ? undefined : { where, message: `${value} is no number ${range}` }
}
