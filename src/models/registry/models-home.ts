import { join, resolve } from 'node:path'

/** The environment variable that says where models are kept. */
export const modelsVariable = 'REPRISE_MODELS'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Returns the directory of the user's models: REPRISE_MODELS, else one in the data directory of the user. Undefined for a
 * user without a home directory. It is asked for by every run, so it does without a library.
 */
export function modelsHome(env: Environment = process.env): string | undefined {
  const chosen = env[modelsVariable]
  if (chosen !== undefined && chosen !== '') return resolve(chosen)
  const home = env.HOME ?? env.USERPROFILE
  if (home === undefined || home === '') return undefined
  return join(dataDir(home, env), 'models')
}

function dataDir(home: string, env: Environment): string {
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support', 'reprise')
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'reprise', 'Data')
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'reprise')
}

/** Where the parts of one model, and what is being installed, are. */
export function modelDir(home: string, name: string): string {
  return join(home, name)
}

export function runtimeDir(
  home: string,
  { name, version }: { readonly name: string; readonly version: string },
): string {
  return join(home, 'runtimes', `${name}-${version}`)
}

/** What an interrupted installation has verified already, and where an installation prepares what it adds. */
export function unfinishedDir(home: string): string {
  return join(home, '.unfinished')
}
