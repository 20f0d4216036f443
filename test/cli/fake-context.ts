import { CliContext } from '../../src/cli/command-line/cli-context.ts'

/** A context that keeps what a command writes. */
export interface FakeContext {
  readonly context: CliContext
  stdout(): string
  stderr(): string
}

/** Returns a context whose outputs are kept as text; stdout is a terminal where a `stream` is given. */
export function fakeContext(
  parts: {
    readonly cwd?: string
    readonly env?: Readonly<Record<string, string>>
    readonly stream?: NodeJS.WriteStream
  } = {},
): FakeContext {
  const out: string[] = []
  const err: string[] = []
  const context = new CliContext({
    cwd: parts.cwd ?? '/nowhere',
    env: parts.env ?? {},
    stdout: { isTerminal: parts.stream !== undefined, stream: parts.stream, write: (text) => out.push(text) },
    stderr: { isTerminal: false, write: (text) => err.push(text) },
    now: () => 0,
  })
  return { context, stdout: () => out.join(''), stderr: () => err.join('') }
}
