/** When a process tree is to end, and how. */
export interface Cancellation {
  /** When aborted, the whole tree is sent TERM, and KILL after the grace. */
  readonly signal?: AbortSignal
  /** When aborted, the whole tree is sent KILL at once. */
  readonly killSignal?: AbortSignal
  /** 5000 by default. */
  readonly killGraceMs?: number
}

/** How long what is cancelled has between TERM and KILL, where nobody says. */
export const defaultKillGraceMs = 5000
