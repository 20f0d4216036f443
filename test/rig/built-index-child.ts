import { programPath } from './program.ts'

/** Stands for `store/opening/index-child-program.ts` in tests: nearly each makes a store, and each store starts this program. */
export function indexChildProgram(): readonly string[] {
  return [programPath('index-child')]
}
