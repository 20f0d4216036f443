import { type ArchiveFailure, describeArchiveFailure } from '../../../store/index.ts'
import { exitCodes } from '../../core/index.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { writeError } from '../command-line/error-line.ts'

/** Writes a failure of the store or an archive to stderr, and returns the exit code for it. */
export function reportCacheFailure(context: CliContext, command: string, failure: ArchiveFailure): number {
  writeError(context, command, describeArchiveFailure(failure))
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
