import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Folders whose files take minutes where the others take seconds, those that take longest first. */
const long = [
  '/test/faults/injected/',
  '/test/faults/',
  '/test/stages/subtitles/',
  '/test/e2e/',
  '/test/property/',
  '/test/executors/',
  '/test/dash/',
]

/**
 * Begins with the files that take longest, so that none of them runs alone at the end while the other cores wait.
 * Vitest's own order knows durations only where it has run before, and goes by the files' sizes on a fresh clone.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rankOf = ({ moduleId }: TestSpecification) => {
      const rank = long.findIndex((folder) => moduleId.includes(folder))
      return rank === -1 ? long.length : rank
    }
    return sorted.sort((a, b) => rankOf(a) - rankOf(b))
  }
}
