import type { ActionKey, ArtifactKind, StoredArtifact } from '../../../store/index.ts'
import type { Action, Failure, ItemFailure } from '../../core/index.ts'
import type { ProcessUse } from '../process/process-usage.ts'

/**
 * Performs one action. An implementation brings what is not in a request: a store, services and secrets, a clock,
 * and the paths of the inputs. It records nothing: the caller does.
 */
export interface Executor {
  /**
   * Executes the stage once, checks its outputs, and makes them available by digest in the
   * caller's store. Expected failures are in the result; only bugs reject. When the signal is aborted, everything that
   * the execution has started is ended first. Decorators pass requests on as they are, not as copies.
   */
  execute(request: ExecutionRequest, watch: ExecutionWatch, signal: AbortSignal): Promise<ExecutionEnd>
}

/**
 * One action, and how it is to be executed: plain JSON, with which another machine that has the stage's module and a
 * cache with the inputs can execute it. It holds no path of the job, and no secret.
 */
export interface ExecutionRequest {
  readonly key: ActionKey
  /**
   * What the key is derived from: params, device, values of the environment, identities of tools and services, take.
   */
  readonly action: Action
  /** The id of the step, as failures name it. */
  readonly step: string
  /** The number of this attempt at the step, from 1; for people. */
  readonly attempt: number
  readonly stage: RequestedStage
  /** By the names that the stage gives them, as in the action. */
  readonly inputs: Readonly<Record<string, RequestedInput>>
  /** By the names that the stage gives them. */
  readonly outputs: Readonly<Record<string, ExpectedOutput>>
  /** Whether the result is to be made anew, even where a cache has one. */
  readonly fresh?: true
  /** The GPUs that the stage may use, as `CUDA_VISIBLE_DEVICES` names them. */
  readonly gpus: readonly string[]
  readonly limits: ExecutionLimits
}

export interface RequestedStage {
  readonly name: string
  readonly version: number
  /** Where it can be imported from, if that is known: the URL of a file, or what a package is imported by. */
  readonly module?: string
  /** The name of the export; without it, the export that is a stage of this name and version. */
  readonly export?: string
}

export interface RequestedInput {
  /** Where the stage sees it: a path inside its workspace; several artifacts get a folder each. */
  readonly path: string
  /**
   * One, several in order for an input that gathers (with their items where the stage learns these), or null for one
   * that is absent.
   */
  readonly artifact:
    | RequestedArtifact
    | readonly RequestedArtifact[]
    | { readonly items: readonly RequestedItem[] }
    | null
}

/** An item of a fan-out: its artifact, or why it has none. */
export type RequestedItem =
  | { readonly item: string; readonly artifact: RequestedArtifact }
  | { readonly item: string; readonly failure: ItemFailure }

/** The artifact of an input. An item of a fan-out is in no store: it brings its canonical JSON text. */
export interface RequestedArtifact extends StoredArtifact {
  readonly text?: string
}

export interface ExpectedOutput {
  readonly kind: ArtifactKind
  /** Its path in the step's directory. */
  readonly path: string
}

export interface ExecutionLimits {
  readonly timeoutMs?: number
  /** The grace period between TERM and KILL for processes of the stage. */
  readonly killGraceMs: number
  /** How many rungs of the step's memory ladder were tried before; the action holds the params of this one. */
  readonly memoryRung: number
}

/** Receives the reports of an execution while it lasts, none after its end. Lines hold no secret. */
export interface ExecutionWatch {
  /** The stage's progress, from 0 to 1. */
  onProgress(fraction: number, note?: string): void
  /** A line that the stage logs. */
  onLog(line: string): void
  /** A line for the step's log only: a command, or what it printed to standard error. */
  onToolLine(line: string): void
  /** A warning for people. */
  onWarning(line: string): void
  /** Where the execution is; only executors that reach other machines say so. */
  onPlace?(place: ExecutionPlace): void
}

/** Where an execution is that other machines perform. */
export type ExecutionPlace =
  | { readonly kind: 'queued'; readonly pool: string; readonly ahead?: number }
  | { readonly kind: 'placed'; readonly worker: string }
  | { readonly kind: 'lost'; readonly worker: string; readonly afterMs: number; readonly count: number }

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
