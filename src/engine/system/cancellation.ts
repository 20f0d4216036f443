/** When and how a process tree is ended. */
export interface Cancellation {
  /** When aborted, the whole tree is sent TERM, and KILL after the grace. */
  readonly signal?: AbortSignal
  /** When aborted, the whole tree is sent KILL at once. */
  readonly killSignal?: AbortSignal
  /** 5000 by default. */
  readonly killGraceMs?: number
}

/** The default grace period between TERM and KILL. */
export const defaultKillGraceMs = 5000
