import { type ArchiveFailure, describeArchiveFailure } from '../../store/index.ts'
import { exitCodes } from '../core/index.ts'
import { printable } from '../report/printable.ts'
import type { Surroundings } from './surroundings.ts'

/** Says what went wrong with the store or an archive, and returns the exit code for it. */
export function tellFailure(command: string, failure: ArchiveFailure, { stderr }: Surroundings): number {
  stderr.write(`reprise ${command}: ${printable(describeArchiveFailure(failure))}\n`)
  switch (failure.kind) {
    case 'archive-interrupted':
      return exitCodes.interrupted
    case 'archive-refused':
    case 'archive-empty':
    case 'source-unreadable':
    case 'source-unsupported':
    case 'target-unwritable':
      return exitCodes.usage
    default:
      return exitCodes.storeUnusable
  }
}
