import { join } from 'node:path'
import { inject } from 'vitest'

/** Returns the path of a program that tests start, one of those in the folders `scripts/` that `build-programs.ts` names. */
export function programPath(name: string): string {
  return join(inject('programs'), `${name}.js`)
}
