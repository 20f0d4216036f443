import type { DirectoryStore, RemoteCache, Result } from '../../../store/index.ts'
import { loadConfig, nearestConfig } from '../../config/config-loader.ts'
import { exitCodes } from '../../core/index.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { usageError } from '../command-line/error-line.ts'
import { configFlags, jobStoreFlags, remoteFlags } from '../command-line/run-flags.ts'
import { storeDir, storeDirOfJob } from '../command-line/store-location.ts'
import { withStoreAt } from '../command-line/with-store.ts'
import { chosenRemote } from './chosen-remote.ts'
import { openChosen } from './with-remote.ts'

/** The flags of every command about a remote. */
export const remoteUseFlags = { ...remoteFlags, ...configFlags } as const
export const remoteAndStoreFlags = { ...remoteUseFlags, ...jobStoreFlags } as const

interface RemoteWords {
  readonly remote: string | undefined
  readonly config: string | undefined
}

/** Opens the remote that the command line, the environment or the nearest config names. */
export async function openNamedRemote(flags: RemoteWords, context: CliContext): Promise<Result<RemoteCache, string>> {
  const { resolve } = await import('node:path')
  const path = flags.config === undefined ? nearestConfig(context.cwd) : resolve(context.cwd, flags.config)
  const config = path === undefined ? undefined : await loadConfig(path)
  if (config?.ok === false) return config
  const chosen = chosenRemote(flags, config?.value.config.remote, path, context)
  if (chosen !== undefined) return openChosen(chosen, context)
  return {
    ok: false,
    error: "no remote is named: give --remote URL, set REPRISE_REMOTE, or write remote: { url: '...' } into the config",
  }
}

/** Opens the remote and the store of a job, or of the user, and passes both on. */
export async function withRemoteAndStore(
  name: string,
  flags: RemoteWords & { readonly store: string | undefined },
  job: string | undefined,
  context: CliContext,
  use: (remote: RemoteCache, local: DirectoryStore) => Promise<number>,
): Promise<number> {
  const remote = await openNamedRemote(flags, context)
  if (!remote.ok) return usageError(context, name, remote.error)
  const dir = job === undefined ? await storeDir(flags.store, context) : await storeDirOfJob(job, flags.store, context)
  return withStoreAt(dir, {}, context, (local) => use(remote.value, local))
}

/** The exit code of a command that a remote did not let finish. */
export const remoteFailed: number = exitCodes.stepFailed
