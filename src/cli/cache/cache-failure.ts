import { type ArchiveFailure, describeArchiveFailure } from '../../../store/index.ts'
import { exitCodes } from '../../core/index.ts'
import { complain } from '../command-line/complaint.ts'
import type { Surroundings } from '../command-line/surroundings.ts'

/** Says what went wrong with the store or an archive, and returns the exit code for it. */
export function tellCacheFailure(surroundings: Surroundings, command: string, failure: ArchiveFailure): number {
  complain(surroundings, command, describeArchiveFailure(failure))
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
