import type { Listener } from '../../core/index.ts'
import type { Style } from '../text/style.ts'
import type { LiveArea } from './live-area.ts'
import type { Log } from './log.ts'

export interface TerminalReporterOptions {
  readonly log: Log
  readonly style: Style
  readonly now: () => number
  /** Returns a path as the reader of the terminal would write it. */
  readonly showPath: (path: string) => string
  /** Returns the path of a step's log, if it has one. */
  readonly logPath: (step: string) => string | undefined
  /** Called when the first step runs; without it, only plain lines are written. */
  readonly openLiveArea?: () => LiveArea
  /** Whether a long fan-out has one line at its end in place of one for each item. */
  readonly sumsUp?: boolean
  /** Calls back regularly until the returned function is called. */
  readonly every?: (intervalMs: number, callback: () => void) => () => void
}

export interface TerminalReporter {
  readonly listener: Listener
  /** Removes the live lines before something else is written. */
  clear(): void
  /** Removes the live lines for good. */
  close(): void
}
