import { openLiveArea, type Terminal } from '../../report/terminal/live-area.ts'
import { createLog, type Log } from '../../report/terminal/log.ts'
import type { LogLevel } from '../../report/terminal/log-level.ts'
import { type TerminalReporter, terminalReporter } from '../../report/terminal/terminal.ts'
import { terminalCodes } from '../../report/terminal/terminal-codes.ts'
import { fitLine } from '../../report/text/fit-line.ts'
import { styleFor } from '../../report/text/style.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { displayPath } from '../command-line/display-path.ts'
import { beforeOthersWrite } from './others-output.ts'

export interface ReportingOptions {
  readonly level: LogLevel
  /** Whether to draw live lines, if there is a terminal. */
  readonly isLive: boolean
  /** Returns the path of a step's log, if it has one. */
  readonly logPath: (step: string) => string | undefined
}

/** Returns what reports a run on stderr: a reporter of its events, and a log that clears the live lines before it writes. */
export function openReporting(
  { level, isLive, logPath }: ReportingOptions,
  { cwd, env, stderr, now }: CliContext,
): { readonly log: Log; readonly reporter: TerminalReporter } {
  let reporter: TerminalReporter | undefined
  const log = createLog(level, (text) => {
    reporter?.clear()
    stderr.write(fitted(text))
  })
  // What programs print is left as it is.
  const width = () => (level === 'debug' ? undefined : stderr.stream?.columns)
  const fitted = (text: string) => {
    const columns = stderr.isTerminal ? width() : undefined
    if (columns === undefined) return text
    return text
      .split('\n')
      .flatMap((line) => fitLine(line, columns))
      .join('\n')
  }
  const stream = isLive && env.TERM !== 'dumb' ? stderr.stream : undefined
  const write = stream?.write.bind(stream)
  const restore = stream === undefined ? undefined : beforeOthersWrite(othersOn(stream), () => reporter?.clear())
  const codes = terminalCodes(stderr.isTerminal, env)
  const own = terminalReporter({
    log,
    style: styleFor(stderr.isTerminal, env),
    now,
    showPath: (path) => displayPath(path, cwd),
    logPath,
    ...(stream === undefined || write === undefined
      ? {}
      : {
          openLiveArea: () => openLiveArea(terminalOf(stream, write), codes?.progress),
          every,
          sumsUp: level !== 'debug',
        }),
  })
  reporter = {
    ...own,
    close: () => {
      own.close()
      restore?.()
    },
  }
  return { log, reporter }
}

/** The streams that show on the same terminal. */
function othersOn(stream: NodeJS.WriteStream): readonly NodeJS.WriteStream[] {
  const all: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr]
  return all.includes(stream) ? all.filter(({ isTTY }) => isTTY) : []
}

function terminalOf(stream: NodeJS.WriteStream, write: NodeJS.WriteStream['write']): Terminal {
  return {
    write,
    get columns() {
      return stream.columns
    },
    get rows() {
      return stream.rows
    },
  }
}

function every(intervalMs: number, callback: () => void): () => void {
  const timer = setInterval(callback, intervalMs)
  timer.unref()
  return () => clearInterval(timer)
}
