import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Folders whose files take minutes where the others take seconds. */
const long = ['/test/faults/', '/test/e2e/', '/test/property/']

/**
 * Begins with the files that take longest, so that none of them runs alone at the end while the other cores wait.
 * Vitest's own order knows durations only where it has run before, and goes by the files' sizes on a fresh clone.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => long.some((folder) => moduleId.includes(folder))
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
