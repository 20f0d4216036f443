import { readdirSync } from 'node:fs'
import { errorCode, valueOr } from './io-failure.ts'

/** Returns the names in a directory; none where it cannot be read. */
export function namesIn(dir: string): readonly string[] {
  return valueOr([], () => readdirSync(dir))
}

/** Returns the names in a directory; none where there is no such directory. Throws system errors. */
export function listNames(dir: string): readonly string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return []
    throw error
  }
}
