import type { Flags, FlagValues } from '../command-line/flag.ts'

/** Returns the arguments that, parsed with the same flags, give these values again. */
export function formatCommandLine<F extends Flags>(
  flags: F,
  values: FlagValues<F>,
  positionals: readonly string[],
): readonly string[] {
  const args = Object.entries(flags).flatMap(([name, { kind }]) => flagArgs(name, kind, values[name]))
  return positionals.length === 0 ? args : [...args, '--', ...positionals]
}

function flagArgs(name: string, kind: Flags[string]['kind'], value: unknown): readonly string[] {
  if (value === undefined || value === false) return []
  if (value === true) return [`--${name}`]
  if (Array.isArray(value)) return value.map((one) => `--${name}=${String(one)}`)
  return [`--${name}=${String(value)}${kind === 'duration' ? 'ms' : ''}`]
}
