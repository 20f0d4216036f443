import { unlinkSync } from 'node:fs'
import { isSystemError } from './io-failure.ts'

/** Removes a file that is not needed any more; one that cannot be removed is litter, which a collection clears. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
}
