import { closeSync, readFileSync } from 'node:fs'
import { printable } from '../../report/text/printable.ts'
import type { LogAnswer, LogSearch } from '../api/messages.ts'
import { type OpenedFile, openWithin } from './open-within.ts'

/** The runner keeps logs of steps below this; of a longer one, the beginning is not read. */
const bytesMax = 64 * 1024 * 1024
const lineMax = 4000
const linesMax = 1000
const hitsMax = 1000

interface ReadLog {
  readonly stamp: string
  readonly lines: readonly string[]
}

/** The log that was read last: a page asks for it again and again. */
let last: ReadLog | undefined

/** Returns the lines of a file in a job, without control characters when they are sent. */
export function readLog(jobDir: string, path: string): readonly string[] | undefined {
  const opened = openWithin(jobDir, path)
  if (opened === undefined) return undefined
  try {
    const { ino, size, mtimeMs } = opened.stats
    const stamp = `${jobDir} ${path} ${ino} ${size} ${mtimeMs}`
    if (last?.stamp !== stamp) last = { stamp, lines: linesOf(opened) }
    return last.lines
  } finally {
    closeSync(opened.file)
  }
}

function linesOf({ file, stats }: OpenedFile): readonly string[] {
  if (stats.size > bytesMax) return ['this log is too large to be shown here; open it in an editor']
  const text = readFileSync(file, 'utf8')
  return text === '' ? [] : (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
}

export function logPart(lines: readonly string[], from: number, count: number): LogAnswer {
  const start = Math.max(0, Math.min(from, lines.length))
  const part = lines.slice(start, start + Math.min(count, linesMax))
  return { total: lines.length, from: start, lines: part.map(shownLine) }
}

/** Finds a text in all lines, whatever its case. */
export function searchLog(lines: readonly string[], text: string): LogSearch {
  const wanted = text.toLowerCase()
  const hits: number[] = []
  let count = 0
  for (const [index, line] of lines.entries()) {
    if (!line.toLowerCase().includes(wanted)) continue
    count += 1
    if (hits.length < hitsMax) hits.push(index)
  }
  return { count, hits }
}

function shownLine(line: string): string {
  return line.length <= lineMax
    ? printable(line)
    : `${printable(line.slice(0, lineMax))} ... (${line.length} characters)`
}
