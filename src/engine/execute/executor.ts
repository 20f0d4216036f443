import type { ActionKey, ArtifactKind, StoredArtifact } from '../../../store/index.ts'
import type { Action, Failure } from '../../core/index.ts'
import type { ProcessUse } from '../process/process-usage.ts'

/**
 * Performs one action. Whoever implements it brings what is no part of a request: a store, services and secrets, a clock,
 * and where the inputs lie. It records nothing: that is for the one who asked.
 */
export interface Executor {
  /**
   * Executes the stage once, checks what it made, and sees to it that the outputs can be had by their digests from the
   * store of the one who asked. Expected failures are in the end; only bugs reject. When the signal is aborted, whatever
   * the execution has started is ended first. Requests are handed on by decorators as they are, and not as copies.
   */
  execute(request: ExecutionRequest, watch: ExecutionWatch, signal: AbortSignal): Promise<ExecutionEnd>
}

/**
 * One action, and how it is to be executed: plain JSON, with which another machine that has the stage's module and a
 * cache with the inputs can execute it. It holds no path of the job, and no secret.
 */
export interface ExecutionRequest {
  readonly key: ActionKey
  /** What the key is derived from: params, device, values of the environment, identities of tools and services, take. */
  readonly action: Action
  /** Id of the step that it is for, as failures name it. */
  readonly step: string
  /** The number of this attempt at the step, from 1; for people. */
  readonly attempt: number
  readonly stage: RequestedStage
  /** By the names that the stage gives them, as in the action. */
  readonly inputs: Readonly<Record<string, RequestedInput>>
  /** By the names that the stage gives them. */
  readonly outputs: Readonly<Record<string, ExpectedOutput>>
  /** The GPUs that the stage may use, as `CUDA_VISIBLE_DEVICES` names them. */
  readonly gpus: readonly string[]
  readonly limits: ExecutionLimits
}

export interface RequestedStage {
  readonly name: string
  readonly version: number
  /** Where it can be imported from, if that is known: the URL of a file, or what a package is imported by. */
  readonly module?: string
  /** What the module exports it as; without, it is the export that is a stage of that name and version. */
  readonly export?: string
}

export interface RequestedInput {
  /** Where the stage sees it: a path inside of its workspace, for each of several a folder of its own. */
  readonly path: string
  /** One, several in order for an input that gathers, or null for one that is absent. */
  readonly artifact: RequestedArtifact | readonly RequestedArtifact[] | null
}

/** What an input is. An item of a fan-out lies in no store: it brings its canonical JSON text. */
export interface RequestedArtifact extends StoredArtifact {
  readonly text?: string
}

export interface ExpectedOutput {
  readonly kind: ArtifactKind
  /** Where it comes to lie in the step's directory. */
  readonly path: string
}

export interface ExecutionLimits {
  readonly timeoutMs?: number
  /** How long what the stage has started has between TERM and KILL. */
  readonly killGraceMs: number
  /** How many rungs of the step's ladder have been gone down for want of memory; the action says what is asked for now. */
  readonly memoryRung: number
}

/** Hears of an execution while it lasts; nothing is told after its end. Lines hold no secret. */
export interface ExecutionWatch {
  /** How far the stage says that it is, from 0 to 1 if it is right. */
  onProgress(fraction: number, note?: string): void
  /** A line that the stage logs. */
  onLog(line: string): void
  /** A line that only the step's log holds: a command, or what one printed to standard error. */
  onToolLine(line: string): void
  /** What a person should know. */
  onWarning(line: string): void
}

/** What one execution cost; `peakRssBytes` and `cpuTimeMs` are of the tools that it ran. */
export interface ExecutionCost extends ProcessUse {
  readonly durationMs: number
}

/** How an execution ended: plain JSON, without a secret. A cancelled one leaves nothing behind. */
export type ExecutionEnd = ExecutedEnd | FailedEnd | { readonly kind: 'cancelled' }

export interface ExecutedEnd {
  readonly kind: 'executed'
  readonly outputs: Readonly<Record<string, StoredArtifact>>
  readonly cost: ExecutionCost
  /** What the result was made with: versions by tool. */
  readonly ran: { readonly device: Action['device']; readonly tools: Readonly<Record<string, string>> }
}

export interface FailedEnd {
  readonly kind: 'failed'
  readonly failure: Failure
  readonly cost: ExecutionCost
}
