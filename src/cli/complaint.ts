import { printableLines } from '../report/printable.ts'
import type { Surroundings } from './surroundings.ts'

/** Says on stderr why a command cannot do what was asked; the message may hold file names, which are not to be trusted. */
export function complain({ stderr }: Pick<Surroundings, 'stderr'>, command: string, message: string): void {
  const name = command === '' ? 'reprise' : `reprise ${command}`
  stderr.write(`${name}: ${printableLines(message).join('\n  ')}\n`)
}
