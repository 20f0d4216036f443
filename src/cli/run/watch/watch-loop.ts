import { exitCodes } from '../../../core/index.ts'

/** What a run depends on, determined before each run. */
export type WatchedRun =
  | {
      readonly ok: true
      /** Absolute paths of files and folders. */
      readonly paths: readonly string[]
      /** Runs until it ends or the signal is aborted, and returns its exit code. */
      readonly run: (stale: AbortSignal) => Promise<number>
    }
  /** It cannot run now; a change of one of these paths may fix that. */
  | { readonly ok: false; readonly paths: readonly string[]; readonly error: string }

/** Reports changes of files. */
export interface Changes {
  /** Watches these paths and no others; resolves when the watching has started. */
  watch(paths: readonly string[]): Promise<void>
  /** Resolves with the paths that changed since it resolved last, once changes have stopped. */
  next(): Promise<readonly string[]>
}

export interface WatchOptions {
  readonly load: () => Promise<WatchedRun>
  readonly changes: Changes
  /** Aborted by the user: stops watching. The run in progress handles the same signal by itself. */
  readonly signal: AbortSignal
  readonly report: (line: string) => void
  /** Called with the reason why it cannot run at all. */
  readonly reportError: (message: string) => void
  readonly showPath: (path: string) => string
}

/** Runs, and runs again after every change, until the user stops it. Returns the exit code. */
export async function watchRuns({
  load,
  changes,
  signal,
  report,
  reportError,
  showPath,
}: WatchOptions): Promise<number> {
  const ended = new Promise<'ended'>((resolve) => {
    if (signal.aborted) resolve('ended')
    signal.addEventListener('abort', () => resolve('ended'), { once: true })
  })
  for (let runs = 0; ; runs++) {
    const watched = await load()
    if (!watched.ok && runs === 0) {
      reportError(watched.error)
      return exitCodes.usage
    }
    await changes.watch(watched.paths)
    let changed: readonly string[] | 'ended' | undefined
    const change = changes.next()
    if (watched.ok) {
      const stale = new AbortController()
      const running = watched.run(stale.signal)
      changed = await Promise.race([running.then(() => undefined), change])
      if (changed !== undefined && !signal.aborted) {
        report(`${because(changed, showPath)}; cancelling the current run, which is out of date`)
        stale.abort(new Error('out of date'))
      }
      const exitCode = await running
      if (signal.aborted) return exitCode === exitCodes.interrupted ? exitCode : exitCodes.ok
      // No change of a watched file can fix that.
      if (exitCode === exitCodes.storeUnusable) return exitCode
    } else report(watched.error)
    if (changed === undefined) {
      report(`watching ${watched.paths.map(showPath).join(', ')}; press Ctrl-C to stop`)
      changed = await Promise.race([change, ended])
    }
    if (changed === 'ended' || signal.aborted) return exitCodes.ok
    report(`running again: ${because(changed, showPath)}`)
  }
}

const shownPaths = 3

function because(paths: readonly string[], showPath: (path: string) => string): string {
  const more = paths.length - shownPaths
  const shown = paths.slice(0, shownPaths).map(showPath).join(', ')
  return `${shown}${more > 0 ? ` and ${more} more` : ''} changed`
}
