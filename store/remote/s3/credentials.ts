import { readFile } from 'node:fs/promises'
import { err, ok, type Result } from '../../contract/result.ts'
import { textOf } from '../http/http-answers.ts'
import { createHttpClient } from '../http/http-client.ts'
import { runCredentialProcess } from './credential-process.ts'
import { sharedProfile } from './shared-files.ts'
import { queryS3, type S3Credentials } from './signature.ts'
import { textIn } from './xml-text.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** They are asked for again so long before they end. */
const earlyMs = 5 * 60_000

/** Returns credentials, from where they are kept or fetched anew when they are about to end. */
export type CredentialSource = () => Promise<Result<S3Credentials, string>>

/**
 * Returns where credentials come from: the environment, or the identity token of a CI job, or the profile (its keys, or the
 * program that it names). None is written anywhere.
 */
export function credentialSource(profile: string | undefined, env: Environment): CredentialSource {
  let kept: S3Credentials | undefined
  return async () => {
    if (kept !== undefined && (kept.expiresMs ?? Number.POSITIVE_INFINITY) > Date.now() + earlyMs) return ok(kept)
    const found = await find(profile, env)
    if (found.ok) kept = found.value
    return found
  }
}

async function find(profile: string | undefined, env: Environment): Promise<Result<S3Credentials, string>> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env
  if (profile === undefined && accessKeyId && secretAccessKey)
    return ok({ accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}) })
  const { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: role } = env
  if (profile === undefined && tokenFile && role) return fromWebIdentity(tokenFile, role, env)
  const name = profile ?? (env.AWS_PROFILE || 'default')
  const {
    aws_access_key_id: id,
    aws_secret_access_key: secret,
    aws_session_token: token,
    credential_process,
  } = sharedProfile(name, env)
  if (id !== undefined && secret !== undefined)
    return ok({ accessKeyId: id, secretAccessKey: secret, ...(token === undefined ? {} : { sessionToken: token }) })
  if (credential_process !== undefined) return runCredentialProcess(credential_process)
  return err(
    `there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the profile '${name}' some in ~/.aws/credentials`,
  )
}

/** Source: AssumeRoleWithWebIdentity, AWS Security Token Service API Reference. */
async function fromWebIdentity(
  tokenFile: string,
  role: string,
  env: Environment,
): Promise<Result<S3Credentials, string>> {
  let token: string
  try {
    token = (await readFile(tokenFile, 'utf8')).trim()
  } catch {
    return err('the file that AWS_WEB_IDENTITY_TOKEN_FILE names cannot be read')
  }
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1'
  const endpoint = env.AWS_ENDPOINT_URL_STS || `https://sts.${region}.amazonaws.com`
  const body = queryS3({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: env.AWS_ROLE_SESSION_NAME || 'reprise',
    WebIdentityToken: token,
  })
  const client = createHttpClient(new URL(endpoint))
  const sent = await client.send({
    method: 'POST',
    path: `${client.prefix}/`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: { bytes: Buffer.from(body) },
  })
  if (!sent.ok) return err(`the token service cannot be used: ${sent.error.reason}`)
  const text = await textOf(sent.value)
  if (!text.ok) return err(`the token service cannot be used: ${text.error.reason}`)
  const [id, secret, session] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map((tag) => textIn(text.value, tag))
  if (sent.value.status !== 200 || id === undefined || secret === undefined || session === undefined)
    return err(`the token service does not let this job take the role (${sent.value.status})`)
  const expiresMs = Date.parse(textIn(text.value, 'Expiration') ?? '')
  return ok({
    accessKeyId: id,
    secretAccessKey: secret,
    sessionToken: session,
    ...(Number.isNaN(expiresMs) ? {} : { expiresMs }),
  })
}
