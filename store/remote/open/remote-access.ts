import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RemoteOptions } from '../../contract/remote-options.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import type { RemoteAccess } from '../cache/remote-site.ts'
import { isScope } from '../layout/remote-layout.ts'
import { createDirectoryPlace } from '../place/directory-place.ts'
import type { ObjectPlace } from '../place/object-place.ts'
import { retryingPlace } from '../place/retrying-place.ts'
import { parseSigningKey, type SigningKey } from '../seal/signing-key.ts'
import { parseTrust } from '../seal/trust.ts'

/** Where relative paths begin, what the environment says, and where the key of this user is. */
export interface OpenedBy {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The file with the user's own key, which need not exist. */
  readonly keyFile?: string
}

const mainScope = 'main'

/** Returns the place, the scopes and the keys that options and environment name, or what is wrong with them. */
export async function remoteAccess(options: RemoteOptions, by: OpenedBy): Promise<Result<RemoteAccess, string>> {
  const place = await placeOf(options, by)
  if (!place.ok) return place
  const { env } = by
  const readScopes = listIn(env.REPRISE_REMOTE_READ) ?? options.read ?? [mainScope]
  const wantsWrite = env.REPRISE_REMOTE_WRITE === 'none' ? false : (textIn(env.REPRISE_REMOTE_WRITE) ?? options.write)
  const write = wantsWrite === undefined ? readScopes[0] : wantsWrite
  for (const scope of [...readScopes, ...(typeof write === 'string' ? [write] : [])]) {
    if (!isScope(scope))
      return err(`'${scope}' is not a scope; use letters, digits, '.', '_', '-' and '/', as in main or pr/17`)
  }
  if (readScopes.length === 0) return err('there is no scope to read; give one, such as main')
  const signer = ownKey(by)
  if (!signer.ok) return signer
  const given =
    env.REPRISE_REMOTE_TRUST === 'anyone' ? 'anyone' : (listIn(env.REPRISE_REMOTE_TRUST) ?? options.trust ?? [])
  const trust = parseTrust(given, signer.value?.publicKey)
  if (!trust.ok) return trust
  const mayWrite = typeof write === 'string' && (signer.value !== undefined || trust.value.unsigned)
  return ok({
    place: place.value,
    readScopes,
    ...(mayWrite ? { writeScope: write } : {}),
    trust: trust.value,
    ...(signer.value === undefined ? {} : { signer: signer.value }),
  })
}

/** The key to sign with: of the environment, as its text or the path of its file, or else the user's own. */
function ownKey({ env, keyFile, cwd }: OpenedBy): Result<SigningKey | undefined, string> {
  const given = textIn(env.REPRISE_REMOTE_SIGNING_KEY)
  if (given === undefined) {
    if (keyFile === undefined || !existsSync(keyFile)) return ok(undefined)
    return named(keyFile, parseSigningKey(readFileSync(keyFile, 'utf8')))
  }
  const path = resolve(cwd, given)
  const isFile = !given.includes('\n') && given.length < 1024 && existsSync(path)
  return named('REPRISE_REMOTE_SIGNING_KEY', parseSigningKey(isFile ? readFileSync(path, 'utf8') : given))
}

function named(where: string, parsed: Result<SigningKey, string>): Result<SigningKey, string> {
  return parsed.ok ? parsed : err(`the signing key in ${where} cannot be used: ${parsed.error}`)
}

async function placeOf(options: RemoteOptions, { cwd, env }: OpenedBy): Promise<Result<ObjectPlace, string>> {
  const { url } = options
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase()
  switch (scheme) {
    case undefined:
      return ok(createDirectoryPlace(resolve(cwd, url)))
    case 'file':
      try {
        return ok(createDirectoryPlace(fileURLToPath(url)))
      } catch {
        return err(`'${url}' is not an address of a directory; write it as file:///mnt/cache`)
      }
    case 'http':
    case 'https': {
      if (!URL.canParse(url)) return err('it is not an address; write it as https://cache.example.org/reprise')
      const { createHttpPlace } = await import('../http/http-place.ts')
      const place = createHttpPlace(new URL(url), textIn(env.REPRISE_REMOTE_TOKEN))
      return place.ok ? ok(retryingPlace(place.value)) : place
    }
    case 's3': {
      const { createS3Place } = await import('../s3/s3-place.ts')
      const place = await createS3Place(options, env)
      return place.ok ? ok(retryingPlace(place.value)) : place
    }
    case 'grpc':
    case 'grpcs': {
      const { openReapiPlace } = await import('../reapi/open-reapi.ts')
      const place = await openReapiPlace(url, textIn(env.REPRISE_REMOTE_TOKEN))
      return place.ok ? ok(retryingPlace(place.value)) : place
    }
    default:
      return err(`a remote cannot be at '${scheme}:'; use a directory, https:, s3: or grpcs:`)
  }
}

function textIn(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value
}

function listIn(value: string | undefined): readonly string[] | undefined {
  const items = textIn(value)
    ?.split(',')
    .map((item) => item.trim())
  return items?.filter((item) => item !== '')
}
