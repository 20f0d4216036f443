import { createConsola } from 'consola/core'
import type { LogLevel } from './log-level.ts'

/** Writes lines of text, each at a level. */
export type Log = (level: Exclude<LogLevel, 'silent'>, line: string) => void

const consolaLevels: Readonly<Record<LogLevel, number>> = { silent: -999, error: 0, warn: 1, info: 3, debug: 4 }

/** Returns a log that hands each line of its level or below to `write`. */
export function createLog(level: LogLevel, write: (text: string) => void): Log {
  const logger = createConsola({
    level: consolaLevels[level],
    // Equal lines are distinct events here; consola would merge them.
    throttle: 0,
    reporters: [{ log: ({ args }) => write(`${args.join(' ')}\n`) }],
  })
  return (type, line) => logger[type](line)
}
