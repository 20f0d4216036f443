import type { ActionKey, ActionResult } from '../../store/index.ts'
import type { Failure } from './failure.ts'

/** How a step ended. */
export type Outcome =
  | { readonly kind: 'executed'; readonly key: ActionKey; readonly result: ActionResult; readonly recorded: boolean }
  | { readonly kind: 'cached'; readonly key: ActionKey; readonly result: ActionResult }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** `because`: its own condition, or the step upstream that failed, was cancelled or was skipped. */
  | { readonly kind: 'skipped'; readonly because: 'condition' | { readonly step: string } }
  | { readonly kind: 'cancelled' }
