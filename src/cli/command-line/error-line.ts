import { describeFailure, exitCodeOf, exitCodes, type Failure } from '../../core/failure/failure.ts'
import type { SelectionWhere } from '../../core/graph/selection.ts'
import { printableLines } from '../../report/text/printable.ts'
import type { CliContext } from './cli-context.ts'

/** Says on stderr why a command cannot do what was asked; the message may hold file names, which are not to be trusted. */
export function writeError({ stderr }: Pick<CliContext, 'stderr'>, command: string, message: string): void {
  const name = command === '' ? 'reprise' : `reprise ${command}`
  stderr.write(`${name}: ${printableLines(message).join('\n  ')}\n`)
}

/** Says on stderr what is wrong with a command line, and returns the exit code that tells this. */
export function usageError(context: Pick<CliContext, 'stderr'>, command: string, message: string): number {
  writeError(context, command, message)
  return exitCodes.usage
}

/** Says on stderr what went wrong, and returns the exit code that tells this. */
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
  'selection.reroll': '--reroll',
  'selection.takes': '--take',
  'selection.checkDeterminism': '--check-determinism',
  'selection.clearFrom': '--clear-from',
}
const flagOf: ReadonlyMap<string, string> = new Map(Object.entries(selectionFlags))

/** Describes a failure; what a program would call a part of the selection is called by its flag. */
export function failureText(failure: Failure): string {
  if (failure.kind !== 'invalid') return describeFailure(failure)
  const problems = failure.problems.map((problem) => ({
    ...problem,
    where: problem.where
      .split(', ')
      .map((part) => flagOf.get(part) ?? part)
      .join(', '),
  }))
  return describeFailure({ ...failure, problems })
}
