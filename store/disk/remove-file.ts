import { unlinkSync } from 'node:fs'
import { valueOr } from './io-failure.ts'

/** Removes a file if it can; what is left is litter, which a collection removes. */
export function removeFile(path: string): void {
  valueOr(undefined, () => unlinkSync(path))
}
