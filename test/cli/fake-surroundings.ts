import { Surroundings } from '../../src/cli/command-line/surroundings.ts'

/** Surroundings that keep what a command writes. */
export interface FakeSurroundings {
  readonly surroundings: Surroundings
  stdout(): string
  stderr(): string
}

/** Returns surroundings whose outputs are kept as text; stdout is a terminal where a `stream` is given. */
export function fakeSurroundings(
  parts: {
    readonly cwd?: string
    readonly env?: Readonly<Record<string, string>>
    readonly stream?: NodeJS.WriteStream
  } = {},
): FakeSurroundings {
  const out: string[] = []
  const err: string[] = []
  const surroundings = new Surroundings({
    cwd: parts.cwd ?? '/nowhere',
    env: parts.env ?? {},
    stdout: { isTerminal: parts.stream !== undefined, stream: parts.stream, write: (text) => out.push(text) },
    stderr: { isTerminal: false, write: (text) => err.push(text) },
    now: () => 0,
  })
  return { surroundings, stdout: () => out.join(''), stderr: () => err.join('') }
}
