import { exitCodeOf, exitCodes, type Failure, failureMessage } from '../../core/failure/failure.ts'
import type { SelectionWhere } from '../../core/graph/selection.ts'
import { printableLines } from '../../report/text/printable.ts'
import type { CliContext } from './cli-context.ts'

/** Writes an error of a command to stderr. The message may hold file names, which are untrusted. */
export function writeError({ stderr }: Pick<CliContext, 'stderr'>, command: string, message: string): void {
  const name = command === '' ? 'reprise' : `reprise ${command}`
  stderr.write(`${name}: ${printableLines(message).join('\n  ')}\n`)
}

/** Writes a mistake in the command line to stderr, and returns the exit code for it. */
export function usageError(context: Pick<CliContext, 'stderr'>, command: string, message: string): number {
  writeError(context, command, message)
  return exitCodes.usage
}

/** Writes a failure to stderr, and returns the exit code for it. */
export function reportFailure(context: Pick<CliContext, 'stderr'>, command: string, failure: Failure): number {
  writeError(context, command, failureText(failure))
  return exitCodeOf(failure)
}

const selectionFlags: Readonly<Record<SelectionWhere, string>> = {
  'selection.from': '--from',
  'selection.to': '--to',
  'selection.steps': '--steps',
  'selection.stages': '--steps',
  'selection.force': '--force',
  'selection.forceRerun': '--force-rerun',
  'selection.acceptCode': '--accept-code',
  'selection.reroll': '--reroll',
  'selection.takes': '--take',
  'selection.checkDeterminism': '--check-determinism',
  'selection.clearFrom': '--clear-from',
}
const flagOf: ReadonlyMap<string, string> = new Map(Object.entries(selectionFlags))

/** Describes a failure; a part of the selection is named by its flag. */
export function failureText(failure: Failure): string {
  if (failure.kind !== 'invalid') return failureMessage(failure)
  const problems = failure.problems.map((problem) => ({
    ...problem,
    where: problem.where
      .split(', ')
      .map((part) => flagOf.get(part) ?? part)
      .join(', '),
  }))
  return failureMessage({ ...failure, problems })
}
