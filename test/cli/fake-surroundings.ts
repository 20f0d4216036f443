import { Surroundings } from '../../src/cli/surroundings.ts'

/** Surroundings that keep what a command writes. */
export interface FakeSurroundings {
  readonly surroundings: Surroundings
  stdout(): string
  stderr(): string
}

/** Returns surroundings without a terminal, whose outputs are kept as text. */
export function fakeSurroundings(
  parts: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): FakeSurroundings {
  const out: string[] = []
  const err: string[] = []
  const surroundings = new Surroundings({
    cwd: parts.cwd ?? '/nowhere',
    env: parts.env ?? {},
    stdout: { isTerminal: false, write: (text) => out.push(text) },
    stderr: { isTerminal: false, write: (text) => err.push(text) },
    now: () => 0,
  })
  return { surroundings, stdout: () => out.join(''), stderr: () => err.join('') }
}
