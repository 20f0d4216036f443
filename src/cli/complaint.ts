import { describeFailure, exitCodeOf, exitCodes, type Failure } from '../core/failure.ts'
import { printableLines } from '../report/printable.ts'
import type { Surroundings } from './surroundings.ts'

/** Says on stderr why a command cannot do what was asked; the message may hold file names, which are not to be trusted. */
export function complain({ stderr }: Pick<Surroundings, 'stderr'>, command: string, message: string): void {
  const name = command === '' ? 'reprise' : `reprise ${command}`
  stderr.write(`${name}: ${printableLines(message).join('\n  ')}\n`)
}

/** Says on stderr what is wrong with a command line, and returns the exit code that tells this. */
export function refuse(surroundings: Pick<Surroundings, 'stderr'>, command: string, message: string): number {
  complain(surroundings, command, message)
  return exitCodes.usage
}

/** Says on stderr what went wrong, and returns the exit code that tells this. */
export function tellFailure(surroundings: Pick<Surroundings, 'stderr'>, command: string, failure: Failure): number {
  complain(surroundings, command, describeFailure(failure))
  return exitCodeOf(failure)
}
