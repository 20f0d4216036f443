/** The variables of the runner's environment that a tool sees: they locate programs, libraries and devices. */
const inherited = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'XDG_RUNTIME_DIR',
]

/** Returns the values of the runner's own environment that a stage declares, `null` for those that are not set. */
export function declaredEnvironment(names: readonly string[]): Record<string, string | null> {
  return Object.fromEntries([...new Set(names)].map((name) => [name, process.env[name] ?? null]))
}

/** Returns the values that are set. */
export function presentIn(values: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

/**
 * Returns the environment of every tool. It is the same wherever the run is started, in a fixed locale and time zone,
 * because what a tool reads from it is not part of the key; and it holds no secret of the user's shell.
 */
export function baseEnvironment(): Record<string, string> {
  const environment: Record<string, string> = { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC' }
  for (const name of inherited) {
    const value = process.env[name]
    if (value !== undefined) environment[name] = value
  }
  return environment
}
