import type { Event } from '../../core/index.ts'
import { detachedVariable, takenMessage } from '../../engine/index.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import type { SignalSource } from '../command-line/interrupt.ts'

/** What a run does in addition when it is in the background. */
export interface Background {
  /** Tells the process that started it once the run has its job. */
  readonly onEvent: (event: Event) => void
  /** The signals of the process, without the one that a closed terminal sends. */
  readonly signals: SignalSource
}

/** Returns what a run does in addition if `--detach` started it; undefined for one in a terminal. */
export function backgroundOf({ env }: Pick<CliContext, 'env'>): Background | undefined {
  if (env[detachedVariable] === undefined) return undefined
  // The child processes of this one are not in the background because of it.
  delete process.env[detachedVariable]
  process.on('SIGHUP', () => {})
  return {
    onEvent: (event) => {
      if (event.event === 'pipeline_started') announce(event.run)
    },
    signals: {
      on: (signal, handler) => (signal === 'SIGHUP' ? undefined : process.on(signal, handler)),
      off: (signal, handler) => (signal === 'SIGHUP' ? undefined : process.off(signal, handler)),
    },
  }
}

/** The process that started it may be gone already. */
function announce(run: string): void {
  if (!process.connected) return
  process.send?.(takenMessage(run), undefined, undefined, () => {
    if (process.connected) process.disconnect()
  })
}
