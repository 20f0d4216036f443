import { exitCodes } from '../../core/index.ts'
import { describeModelFailure, type ModelFailure } from '../../models/index.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { writeError } from '../command-line/error-line.ts'

/** Writes why something about a model was not done to stderr, and returns the exit code for it. */
export function modelError(context: Pick<CliContext, 'stderr'>, name: string, failure: ModelFailure): number {
  writeError(context, name, describeModelFailure(failure))
  return exitCodeOf(failure)
}

function exitCodeOf({ kind }: ModelFailure): number {
  switch (kind) {
    case 'unknown-model':
    case 'wrong-file':
    case 'unreadable':
      return exitCodes.usage
    case 'not-installed':
    case 'no-build':
    case 'unobtainable':
      return exitCodes.toolMissing
    case 'no-home':
    case 'disk':
      return exitCodes.storeUnusable
    case 'interrupted':
      return exitCodes.interrupted
    default:
      return kind satisfies never
  }
}
