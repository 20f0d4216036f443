import { readFile } from 'node:fs/promises'
import type { Cue } from './cues.ts'
import { charCount } from './lines.ts'
import { readCues } from './read-cues.ts'

export interface CueLimits {
  readonly durationMs: number
  readonly maxLineChars: number
  /** Whether a cue, counted from 0, may have lines of any length, as a person wrote them. */
  readonly isOfPerson?: (cue: number) => boolean
}

/**
 * Returns what is wrong with cues: they must be in order, not overlap, lie inside the film, not be empty, and fit the
 * line length.
 */
export function checkCues(cues: readonly Cue[], { durationMs, maxLineChars, isOfPerson }: CueLimits): string[] {
  const problems: string[] = []
  let previousEndMs = 0
  for (const [index, { startMs, endMs, lines }] of cues.entries()) {
    const where = `cue ${index + 1}`
    if (!Number.isInteger(startMs) || !Number.isInteger(endMs)) problems.push(`${where} has no whole milliseconds`)
    if (startMs < previousEndMs)
      problems.push(`${where} starts at ${startMs} ms, before ${previousEndMs} ms, where the one before ends`)
    if (endMs <= startMs) problems.push(`${where} ends at ${endMs} ms and starts at ${startMs} ms`)
    if (endMs > durationMs)
      problems.push(`${where} ends at ${endMs} ms, after the film, which ends at ${durationMs} ms`)
    if (lines.length === 0 || lines.some((line) => line.trim() === ''))
      problems.push(`${where} has an empty line, or none`)
    for (const line of isOfPerson?.(index) === true ? [] : lines) {
      const isOneWord = !line.includes(' ')
      if (charCount(line) > maxLineChars && !isOneWord)
        problems.push(`${where} has a line longer than ${maxLineChars}: ${line}`)
    }
    previousEndMs = endMs
  }
  return problems
}

/** Returns what is wrong with the cues of an SRT or VTT file. */
export async function checkCueFile(path: string, limits: CueLimits): Promise<readonly string[]> {
  const cues = readCues(await readFile(path, 'utf8'))
  return cues.ok ? checkCues(cues.value, limits) : [`'${cues.error}' is not a cue time`]
}
