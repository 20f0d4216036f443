import { readdirSync } from 'node:fs'
import { valueOr } from './io-failure.ts'

/** Returns the names in a directory; none where it cannot be read. */
export function namesIn(dir: string): readonly string[] {
  return valueOr([], () => readdirSync(dir))
}
