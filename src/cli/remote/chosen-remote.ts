import { dirname } from 'node:path'
import type { RemoteOptions } from '../../../store/index.ts'
import type { CliContext } from '../command-line/cli-context.ts'

/** Which remote is meant, and from where its address is read if it is a relative path. */
export interface ChosenRemote {
  readonly options: RemoteOptions
  readonly cwd: string
}

/**
 * Returns the remote that is meant: that of --remote, or REPRISE_REMOTE, or the config; none with --no-remote. An address
 * on the command line or in the environment takes the place of the config's, and the rest of the config still counts.
 */
export function chosenRemote(
  flags: { readonly remote: string | undefined; readonly 'no-remote'?: boolean },
  configured: RemoteOptions | undefined,
  configPath: string | undefined,
  { cwd, env }: Pick<CliContext, 'cwd' | 'env'>,
): ChosenRemote | undefined {
  if (flags['no-remote'] === true) return undefined
  const url = flags.remote ?? (env.REPRISE_REMOTE || undefined)
  if (url !== undefined) return { options: { ...configured, url }, cwd }
  if (configured === undefined) return undefined
  return { options: configured, cwd: configPath === undefined ? cwd : dirname(configPath) }
}
