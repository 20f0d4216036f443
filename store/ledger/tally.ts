import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import type { JsonValue } from '../contract/json.ts'
import { guardedParse } from '../contract/json-guards.ts'
import { valueOr } from '../disk/io-failure.ts'

/** A longer one is rather taken into the index than made longer. */
const tallyBytesMax = 64 * 1024

/**
 * Adds lines to the file of what was counted and is not in the index, and does not wait for the disk: who loses the
 * power loses some counts. Returns false where the file is long, and is left as it is. Throws what the file system throws.
 */
export function addToTally(path: string, values: readonly JsonValue[]): boolean {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
  try {
    if (fstatSync(file).size >= tallyBytesMax) return false
    // What a full disk has left of a line ends before the next one.
    const lines = Buffer.from(values.map((value) => `\n${JSON.stringify(value)}`).join(''))
    return writeSync(file, lines) === lines.byteLength
  } finally {
    closeSync(file)
  }
}

/** Returns the values that were added. */
export function readTally(path: string): readonly JsonValue[] {
  const text = valueOr('', () => readFileSync(path, 'utf8'))
  return text.split('\n').flatMap((line) => guardedParse(line) ?? [])
}

/** Returns the values that were added, and removes them. What cannot be removed stays, and is not returned. */
export function takeTally(path: string): readonly JsonValue[] {
  const values = readTally(path)
  if (values.length === 0) return []
  return valueOr([], () => {
    rmSync(path)
    return values
  })
}
