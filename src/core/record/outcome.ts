import type { ActionKey, ActionResult } from '../../../store/index.ts'
import type { Failure } from '../failure/failure.ts'

/** The step upstream without a result, or the step whose failure ended the run. */
export type SkipCause = { readonly step: string } | { readonly failed: string }

/** How a step ended. */
export type Outcome =
  | { readonly kind: 'executed'; readonly key: ActionKey; readonly result: ActionResult; readonly recorded: boolean }
  | { readonly kind: 'cached'; readonly key: ActionKey; readonly result: ActionResult }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** `because`: its own condition, or another step. */
  | { readonly kind: 'skipped'; readonly because: 'condition' | SkipCause }
  | { readonly kind: 'cancelled' }

/** The summary of a run: how many steps ended in which way. */
export interface RunSummary {
  readonly executed: number
  readonly cached: number
  readonly skipped: number
  readonly failed: number
  readonly durationMs: number
  /** What it would have cost to compute the hits. */
  readonly savedMs: number
}
