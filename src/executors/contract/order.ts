import type { JsonObject, Seal } from '../../../store/index.ts'
import type { ExecutionEnd, ExecutionRequest } from '../../engine/execute/executor.ts'

/** The version of orders, answers and offers; a worker takes no order of another one. */
export const orderVersion = 2

/**
 * One action that a run wants performed, as it travels: plain JSON of about a kilobyte, without code, paths of this
 * machine or secrets. Whoever has the same project, the same tools and a cache with the inputs can perform it.
 */
export interface Order {
  readonly v: typeof orderVersion
  /** The key of the action, so that the same action in flight is one order; a random name where it is made anew. */
  readonly id: string
  readonly pipeline: string
  /** The params of the pipeline: a worker finds the stage by building the same graph. */
  readonly params: JsonObject
  readonly pool: string
  readonly slots: number
  /** The time that the run still takes from this step on, in milliseconds: the longest goes first. */
  readonly priority: number
  readonly run: string
  /** The machine that the run is on, for people. */
  readonly from: string
  readonly request: OrderedRequest
  /** A random name each time that it is given, so that a copy of it is known for one. */
  readonly nonce: string
  /** When it was given; ISO 8601. */
  readonly given: string
  /** Workers that have refused it. */
  readonly notFor: readonly string[]
  /** Who gave it: the signature is of all the rest. Absent where the cache is not signed, either. */
  readonly seal?: Seal
}

/** What is asked for; where the stage's module lies and which GPUs it gets is the worker's matter. */
export type OrderedRequest = Omit<ExecutionRequest, 'stage' | 'gpus'> & {
  readonly stage: Pick<ExecutionRequest['stage'], 'name' | 'version' | 'export'>
}

/** What a worker tells while it performs an order. */
export type OrderReport =
  | { readonly kind: 'progress'; readonly fraction: number; readonly note?: string }
  | { readonly kind: 'log' | 'tool-line' | 'warning'; readonly line: string }

/** What a worker answers. */
export type OrderAnswer =
  /** `cached`: the result was there before. */
  | { readonly kind: 'ended'; readonly end: ExecutionEnd; readonly how: 'executed' | 'cached' }
  /** It would compute something else, or cannot say what it would compute; in what it differs, as people read it. */
  | { readonly kind: 'refused'; readonly differences: readonly string[] }
  | UntrustedAnswer
  /** Its inputs did not arrive, or its result could not be published: the reason is not in the step. */
  | { readonly kind: 'not-transferred'; readonly message: string }
  /** The process that executed it ended without a word. */
  | { readonly kind: 'crashed'; readonly message: string }

/** The worker does not trust who gave the order; it has fetched and executed nothing. */
export interface UntrustedAnswer {
  readonly kind: 'untrusted'
  /** The public key that the order names; absent where it is not signed. */
  readonly signer?: string
  readonly message: string
}

/** Who answered, and what the signature is of beside the answer. */
export interface AnswerSeal extends Seal {
  /** That of the order which the worker had. */
  readonly nonce: string
  /** ISO 8601. */
  readonly at: string
}

/** How an order ended for the run that waits for it. */
export type OrderEnd =
  | {
      readonly kind: 'answered'
      readonly answer: OrderAnswer
      readonly worker: string
      readonly seal?: AnswerSeal
      /** This run says so itself: no worker has signed it, and nobody else's answer has this. */
      readonly isOwn?: true
    }
  /** The worker that had it fell silent; nobody has it now. */
  | { readonly kind: 'lost'; readonly worker: string; readonly afterMs: number; readonly why?: string }
  /** It is not there any more, and its answer is not, either: another run has taken that. */
  | { readonly kind: 'gone' }
  /** The engine cannot be reached. */
  | { readonly kind: 'unreachable'; readonly message: string }
