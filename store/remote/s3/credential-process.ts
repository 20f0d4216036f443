import { execFile } from 'node:child_process'
import { guardedParse, isObject } from '../../contract/json-guards.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import type { S3Credentials } from './signature.ts'

const processMs = 60_000

/**
 * Runs the program that a profile names for its credentials. What it prints is used, and written nowhere; so is what it says
 * of an error, which may hold a secret. Source: "Sourcing credentials with an external process", AWS CLI.
 */
export function runCredentialProcess(command: string): Promise<Result<S3Credentials, string>> {
  return new Promise((resolve) => {
    const done = (error: Error | null, stdout: string) => {
      if (error === null) resolve(parseCredentials(stdout))
      else resolve(err('its credential_process failed; run it by hand to see why'))
    }
    execFile('/bin/sh', ['-c', command], { timeout: processMs, maxBuffer: 64 * 1024 }, done)
  })
}

function parseCredentials(text: string): Result<S3Credentials, string> {
  const value = guardedParse(text)
  if (!isObject(value)) return err('what its credential_process prints is not JSON')
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = value
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string')
    return err('what its credential_process prints has no AccessKeyId or SecretAccessKey')
  const expiresMs = typeof Expiration === 'string' ? Date.parse(Expiration) : Number.NaN
  return ok({
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(typeof SessionToken === 'string' ? { sessionToken: SessionToken } : {}),
    ...(Number.isNaN(expiresMs) ? {} : { expiresMs }),
  })
}
