import { join } from 'node:path'
import { type DirectoryStore, openRemote, type RemoteCache, type Result, tieredStore } from '../../../store/index.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { parseDuration } from '../command-line/quantity.ts'
import type { ChosenRemote } from './chosen-remote.ts'
import { type RequiredRemote, whyAway } from './required-remote.ts'

/** How long a run waits at its end for results that are being sent, outside of CI, where nothing would send the rest. */
const waitMsOutsideCi = 60_000

/** Returns the file with the user's own key, or undefined for a user without a home directory. */
export async function keyFile(): Promise<string | undefined> {
  try {
    // It looks for the home directory as soon as it is loaded.
    const { default: envPaths } = await import('env-paths')
    return join(envPaths('reprise', { suffix: '' }).config, 'signing-key.pem')
  } catch {
    return undefined
  }
}

/** Opens a remote, or says what is wrong with how it is described. */
export async function openChosen(
  { options, cwd }: ChosenRemote,
  { env }: Pick<CliContext, 'env'>,
): Promise<Result<RemoteCache, string>> {
  const file = await keyFile()
  const opened = await openRemote(options, { cwd, env, ...(file === undefined ? {} : { keyFile: file }) })
  return opened.ok
    ? opened
    : { ok: false, error: `cannot use the remote ${withoutSecrets(options.url)}: ${opened.error}` }
}

/** An address may hold a password, and a query a token. */
function withoutSecrets(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)(?:[^/]*@)?([^?#]*).*$/is, '$1$2')
}

/** Puts a remote behind a store. */
export async function withRemote(
  local: DirectoryStore,
  chosen: ChosenRemote,
  { looksOnly, required }: { readonly looksOnly: boolean; readonly required?: RequiredRemote | undefined },
  context: Pick<CliContext, 'env'>,
): Promise<Result<DirectoryStore, string>> {
  const waitMs = waitMsIn(context.env)
  if (!waitMs.ok) return waitMs
  const opened = await openChosen(chosen, context)
  if (!opened.ok) return opened
  const wait = waitMs.value === undefined ? {} : { waitMs: waitMs.value }
  const store = await tieredStore(local, opened.value, { looksOnly, ...wait })
  if (required === undefined) return { ok: true, value: store }
  const why = await whyAway(opened.value)
  return why === undefined ? { ok: true, value: required.behind(store) } : { ok: false, error: why }
}

function waitMsIn({ CI, REPRISE_REMOTE_WAIT: text = '' }: CliContext['env']): Result<number | undefined, string> {
  if (text === '') return { ok: true, value: CI === undefined || CI === '' ? waitMsOutsideCi : undefined }
  const value = parseDuration(text)
  return value === undefined
    ? { ok: false, error: `REPRISE_REMOTE_WAIT is '${text}', which is not a duration; use one such as 90s or 10m` }
    : { ok: true, value }
}
