import { closeSync, readFileSync } from 'node:fs'
import { openToRead } from './open-file.ts'

/** Returns the text of a regular file, or undefined if there is none. */
export function readText(path: string): string | undefined {
  const file = openToRead(path)
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  } finally {
    closeSync(file)
  }
}
