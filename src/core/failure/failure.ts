import type { StoreFailure } from '../../../store/index.ts'
import { type Difference, describeDifference } from './difference.ts'
import { describeReason, type Reason } from './explanation.ts'

/** A mistake in what the user asked for: a pipeline, a name, a parameter, a path. */
export interface Problem {
  /** What it is about: a step, a parameter, an input, a flag. */
  readonly where: string
  readonly message: string
}

/** What a contract found wrong with a stage's outputs. */
export interface Violation {
  /** What is wrong, and with which output. */
  readonly message: string
  /** What it should be: `12.000 s, give or take 0.5 s`. */
  readonly expected?: string
  /** What it is: `3.200 s`. */
  readonly found?: string
}

/** Every expected way in which a step or a run can fail. */
export type Failure =
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }
  | {
      readonly kind: 'stage-exited'
      readonly step: string
      readonly tool: string
      readonly exitCode: number | null
      readonly signal: string | null
      readonly stderrTail: string
    }
  | {
      readonly kind: 'stage-failed'
      readonly step: string
      readonly message: string
      /** How long to wait before the next attempt, where the stage says so. */
      readonly retryAfterMs?: number
      /** What it is about, where the stage says so. */
      readonly about?: 'audio' | 'video'
    }
  | {
      readonly kind: 'stage-threw'
      readonly step: string
      readonly message: string
      readonly stack: string
      /** The line of the author's own code that threw, as `file:line`, where the stack names one. */
      readonly line?: string
    }
  /** An attempt at a step took too long, or (without a step) the whole run. */
  | { readonly kind: 'timed-out'; readonly step?: string; readonly timeoutMs: number }
  | {
      readonly kind: 'device-out-of-memory'
      readonly step: string
      readonly device: string
      readonly message: string
    }
  | { readonly kind: 'output-missing'; readonly step: string; readonly output: string; readonly path: string }
  | { readonly kind: 'output-empty'; readonly step: string; readonly output: string; readonly path: string }
  | { readonly kind: 'output-invalid'; readonly step: string; readonly output: string; readonly message: string }
  | {
      readonly kind: 'contract-violated'
      readonly step: string
      readonly contract: string
      readonly violations: readonly Violation[]
    }
  | { readonly kind: 'input-missing'; readonly input: string; readonly path: string }
  | { readonly kind: 'input-invalid'; readonly step: string; readonly input: string; readonly message: string }
  | {
      readonly kind: 'input-changed'
      readonly step: string
      readonly path: string
      /**
       * What came of it, if the stage itself wrote there: nothing, since it had a copy; the file was put back from the
       * store; or the file is changed, if by the stage or by another program.
       */
      readonly written?: 'copy' | 'restored' | 'changed'
    }
  | { readonly kind: 'upstream-unavailable'; readonly step: string }
  /** Two executions of the step gave different results. */
  | { readonly kind: 'not-deterministic'; readonly step: string; readonly differences: readonly Difference[] }
  /** The step has no result, and the run was asked to execute nothing. */
  | { readonly kind: 'cache-miss'; readonly step: string; readonly reasons: readonly Reason[] }
  | {
      readonly kind: 'tool-missing'
      readonly tool: string
      readonly what: string
      readonly install: string
      readonly hint?: string
    }
  | {
      readonly kind: 'service-unavailable'
      readonly step: string
      readonly service: string
      readonly message: string
    }
  /** The workers that were to execute the step ended or fell silent, one after the other: the step may be why. */
  | { readonly kind: 'worker-lost'; readonly step: string; readonly workers: readonly string[] }
  /** Every worker of the pool would compute something else; in what the first of them differs. */
  | {
      readonly kind: 'worker-differs'
      readonly step: string
      readonly worker: string
      readonly differences: readonly string[]
    }
  /** No worker can be asked to execute the step, and it must not be executed here. */
  | { readonly kind: 'workers-unavailable'; readonly step: string; readonly pool: string; readonly message: string }
  | { readonly kind: 'job-unusable'; readonly dir: string; readonly reason: string }
  | { readonly kind: 'disk-full'; readonly step: string; readonly path: string }
  | { readonly kind: 'store'; readonly failure: StoreFailure; readonly message: string }

/** An exception for a stage's `run`, and only there, that fails the step; the executor turns it into data. */
export class StageFailure extends Error {
  readonly failure: Failure

  /** Throws a TypeError for anything else, which a program without types may pass. */
  constructor(failure: Failure) {
    const text: unknown = typeof failure === 'object' ? failureMessage(failure) : undefined
    if (typeof text !== 'string') {
      throw new TypeError(
        `StageFailure takes a failure, not ${JSON.stringify(failure)}; to fail with a message, call fail(message)`,
      )
    }
    super(text)
    this.name = 'StageFailure'
    this.failure = failure
  }
}

function exitText(exitCode: number | null, signal: string | null): string {
  return signal === null ? `exited with code ${exitCode ?? 'unknown'}` : `was killed by ${signal}`
}

function violationText({ message, expected, found }: Violation): string {
  const parts = [
    ...(expected === undefined ? [] : [`expected ${expected}`]),
    ...(found === undefined ? [] : [`found ${found}`]),
  ]
  return parts.length === 0 ? message : `${message} (${parts.join(', ')})`
}

const writtenTexts = {
  copy: 'it had a copy, so the file itself is unharmed',
  restored: 'the file was put back from the store',
  changed: 'the file is changed now, unless another program did that',
}

function inputChangedText({ path, written }: Extract<Failure, { readonly kind: 'input-changed' }>): string {
  if (written === undefined)
    return `${path} changed while the step read it; nothing was recorded, so run the step again`
  return `the stage wrote into its input ${path}; ${writtenTexts[written]}. Nothing was recorded: let the stage change a copy in its tempDir, and find all that it writes beside its outputs with: reprise run --lint`
}

function secondsText(ms: number): string {
  return `${ms / 1000}s`
}

const differencesShown = 10

/** Returns what happened, to which step or file, and what to do about it. */
export function describeFailure(failure: Failure): string {
  const message = failureMessage(failure)
  return 'step' in failure && failure.step !== undefined ? `step ${failure.step}: ${message}` : message
}

/** Returns what `describeFailure` does, for where the step is named already. */
export function failureMessage(failure: Failure): string {
  switch (failure.kind) {
    case 'invalid':
      return failure.problems.map((problem) => `${problem.where}: ${problem.message}`).join('\n')
    case 'stage-exited': {
      const tail = failure.stderrTail.trim()
      return `${failure.tool} ${exitText(failure.exitCode, failure.signal)}${tail === '' ? '' : `: ${tail}`}`
    }
    case 'stage-failed':
      return failure.message
    case 'stage-threw':
      return `the stage threw an exception: ${failure.message}${failure.line === undefined ? '' : `\nthrown at ${failure.line}`}`
    case 'timed-out':
      return failure.step === undefined
        ? `the run timed out after ${secondsText(failure.timeoutMs)}; finished steps are kept, and the next run resumes from there`
        : `the step timed out after ${secondsText(failure.timeoutMs)}; raise its timeoutMs, or find out what it waits for`
    case 'device-out-of-memory':
      return `the device (${failure.device}) ran out of memory: ${failure.message}`
    case 'output-missing':
      return `the stage did not write its output '${failure.output}' (${failure.path})`
    case 'output-empty':
      return `the output '${failure.output}' is empty (${failure.path}); is an await missing where it is written? If it is to be empty, declare it with file(path, { mayBeEmpty: true })`
    case 'output-invalid':
      return `the output '${failure.output}' does not match its declaration: ${failure.message}`
    case 'contract-violated':
      return `the outputs violate the contract '${failure.contract}': ${failure.violations.map(violationText).join('; ')}; nothing was stored`
    case 'input-missing':
      return `the input '${failure.input}' does not exist: ${failure.path}${failure.path.includes('\ufffd') ? '; if its name is not valid UTF-8, rename it, because Node cannot open it' : ''}`
    case 'input-invalid':
      return `the input '${failure.input}' does not match its declaration: ${failure.message}`
    case 'input-changed':
      return inputChangedText(failure)
    case 'upstream-unavailable':
      return `the selected steps need '${failure.step}', which is not selected and has no result; select it too, or run without a selection`
    case 'not-deterministic': {
      const { differences } = failure
      const shown = differences.slice(0, differencesShown).map(describeDifference)
      const more = differences.length - shown.length
      const what = [...shown, ...(more > 0 ? [`and ${more} more differences`] : [])].join('\n')
      return `two executions gave different results; if that is intended, declare 'deterministic: false' in the stage:\n${what}`
    }
    case 'cache-miss':
      return `no cached result, and this run must not execute steps (${failure.reasons.map(describeReason).join('; ')})`
    case 'tool-missing':
      return [
        failure.install === '' ? failure.what : `${failure.what}; install it with: ${failure.install}`,
        ...(failure.hint === undefined ? [] : [failure.hint]),
      ].join('. ')
    case 'service-unavailable':
      return `service '${failure.service}' is unavailable: ${failure.message}`
    case 'worker-lost':
      return `${failure.workers.length} workers ended or fell silent while they executed the step (${failure.workers.join(', ')}); it may be what ends them: look at their logs, or run it on this machine`
    case 'worker-differs':
      return `no worker computes what this run asks for: worker-differs on ${failure.worker}: ${failure.differences.join('; ')}`
    case 'workers-unavailable':
      return `the pool '${failure.pool}' has no worker for it: ${failure.message}`
    case 'job-unusable':
      return `cannot use the job directory ${failure.dir}: ${failure.reason}`
    case 'disk-full':
      return `the disk is full at ${failure.path}; free some space and run again: finished steps are kept`
    case 'store':
      return failure.message
    default:
      return failure satisfies never
  }
}

/** The exit codes of the command line. */
export const exitCodes = { ok: 0, stepFailed: 1, usage: 2, toolMissing: 3, storeUnusable: 4, interrupted: 130 } as const

/** Returns the exit code for a kind of failure. */
export function exitCodeOf(failure: Failure): number {
  switch (failure.kind) {
    case 'invalid':
    case 'input-missing':
    case 'job-unusable':
    case 'upstream-unavailable':
      return exitCodes.usage
    case 'tool-missing':
      return exitCodes.toolMissing
    case 'store':
      return exitCodes.storeUnusable
    case 'stage-exited':
    case 'stage-failed':
    case 'stage-threw':
    case 'timed-out':
    case 'device-out-of-memory':
    case 'output-missing':
    case 'output-empty':
    case 'output-invalid':
    case 'contract-violated':
    case 'input-invalid':
    case 'input-changed':
    case 'not-deterministic':
    case 'cache-miss':
    case 'disk-full':
    case 'service-unavailable':
    case 'worker-lost':
    case 'worker-differs':
    case 'workers-unavailable':
      return exitCodes.stepFailed
    default:
      return failure satisfies never
  }
}
