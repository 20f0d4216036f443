import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files, and folders of them, that take minutes where the others take seconds, those that take longest first. */
const long = [
  '/test/faults/index-damage.',
  '/test/faults/injected/',
  '/test/stages/subtitles/',
  '/test/docs/examples.',
  '/test/faults/crash.',
  '/test/executors/slurm.',
  '/test/e2e/',
  '/test/property/',
  '/test/cli/workers/',
  '/test/conformance/',
  '/test/demonstration/',
  '/test/dash/',
  '/test/stages/retime/',
  '/test/cli/run/run.',
  '/test/cli/jobs/jobs.',
  '/test/stages/calls/probe.',
  '/test/stages/media/',
  '/test/stages/speech/',
  '/test/faults/',
  '/test/executors/',
]

/**
 * Begins with the files that take longest, so that none of them runs alone at the end while the other cores wait.
 * Vitest's own order knows durations only where it has run before, and goes by the files' sizes on a fresh clone.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const rankOf = ({ moduleId, project }: TestSpecification) => {
      const rank = long.findIndex((folder) => moduleId.includes(folder))
      // Those that share a process come one after another: for any other file in between, Vitest ends the process.
      return (project.config.isolate ? 0 : long.length + 1) + (rank === -1 ? long.length : rank)
    }
    return sorted.sort((a, b) => rankOf(a) - rankOf(b))
  }
}
