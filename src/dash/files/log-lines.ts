import { closeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { printable } from '../../report/text/printable.ts'
import type { LogAnswer, LogSearch } from '../api/messages.ts'
import { LineIndex } from './line-index.ts'
import { openWithin } from './open-within.ts'

/** The runner keeps logs of steps below this by far; a longer one is another program's, and would be read for long. */
const bytesMax = 1024 ** 3
const lineMax = 4000
const linesMax = 1000
const hitsMax = 1000

/** Lines that are asked for, of a log in a file, or of one that a running step is writing. */
export interface Log {
  readonly total: number
  part(from: number, count: number): LogAnswer
  search(text: string, signal: AbortSignal): Promise<LogSearch>
  close(): void
}

/** The index of the log that was read last: a page asks for it again and again. */
let last: { readonly name: string; readonly mtimeMs: number; readonly index: LineIndex } | undefined

/** Opens the log of a step; whoever has it closes it. Lines have no control characters when they are sent. */
export function openLog(jobDir: string, path: string): Log | undefined {
  const opened = openWithin(jobDir, path)
  if (opened === undefined) return undefined
  const { file, stats } = opened
  if (stats.size > bytesMax) {
    closeSync(file)
    return linesLog(['this log is too large to be shown here; open it in an editor'])
  }
  const name = `${jobDir} ${path} ${stats.dev} ${stats.ino}`
  // A log only grows: one that is shorter, or as long and newer, was written anew.
  const isSame = last?.name === name && last.index.bytes === stats.size && last.mtimeMs === stats.mtimeMs
  const hasGrown = last?.name === name && last.index.bytes < stats.size
  const index = last !== undefined && (isSame || hasGrown) ? last.index : new LineIndex()
  index.grow(file, stats.size)
  last = { name, mtimeMs: stats.mtimeMs, index }
  return {
    total: index.count,
    part: (from, count) => {
      const start = Math.max(0, Math.min(from, index.count))
      const lines = index.read(file, start, Math.min(count, linesMax), 4 * lineMax)
      return { total: index.count, from: start, lines: lines.map(({ text, bytes }) => shownLine(text, bytes)) }
    },
    search: async (text, signal) => {
      const search = index.search(file, text, hitsMax)
      for (let step = search.next(); ; step = search.next()) {
        if (step.done === true) return step.value
        await setImmediate()
        if (signal.aborted) return { count: 0, hits: [] }
      }
    },
    close: () => closeSync(file),
  }
}

/** A log of lines that are known. */
export function linesLog(lines: readonly string[]): Log {
  return {
    total: lines.length,
    part: (from, count) => {
      const start = Math.max(0, Math.min(from, lines.length))
      const part = lines.slice(start, start + Math.min(count, linesMax))
      return { total: lines.length, from: start, lines: part.map((line) => shownLine(line, line.length)) }
    },
    search: async (text) => {
      const wanted = text.toLowerCase()
      const hits = lines.flatMap((line, index) => (text !== '' && line.toLowerCase().includes(wanted) ? [index] : []))
      return { count: hits.length, hits: hits.slice(0, hitsMax) }
    },
    close: () => {},
  }
}

function shownLine(line: string, length: number): string {
  return line.length <= lineMax && length <= 4 * lineMax
    ? printable(line)
    : `${printable(line.slice(0, lineMax))} ... (${length} characters)`
}
