import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { credentialSource } from '../../../store/remote/s3/credentials.ts'
import { afterTest, newDirectory } from '../fixtures.ts'

const role = 'arn:aws:iam::123456789012:role/ci'
const token = 'header.identity-of-the-job.signature'

interface Asked {
  readonly method: string | undefined
  readonly type: string | undefined
  readonly form: Readonly<Record<string, string>>
}

/** A token service on this machine; `answer` is called with how often it was asked. */
async function tokenService(answer: (count: number) => { readonly status: number; readonly body: string }) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part
    })
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(body))
      asked.push({ method: request.method, type: request.headers['content-type'], form })
      const { status, body: text } = answer(asked.length)
      response.writeHead(status, { 'content-type': 'text/xml' }).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterTest(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const tokenFile = join(newDirectory(), 'token')
  writeFileSync(tokenFile, `${token}\n`)
  const env = {
    AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
    AWS_ROLE_ARN: role,
    AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${port}`,
  }
  return { asked, env, tokenFile }
}

const credentials = (count: number, expires: string) => ({
  status: 200,
  body: `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
  <Credentials><SessionToken>session/${count}+=</SessionToken><SecretAccessKey>secret${count}</SecretAccessKey>
  <Expiration>${expires}</Expiration><AccessKeyId>ASIA${count}</AccessKeyId></Credentials>
  </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
})
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()

describe('the identity of a CI job', () => {
  it('is given to the token service for credentials, which are asked for once', async () => {
    const { asked, env } = await tokenService((count) => credentials(count, inMinutes(60)))
    const source = credentialSource(undefined, env)
    const found = await source()
    expect(found).toMatchObject({
      ok: true,
      value: { accessKeyId: 'ASIA1', secretAccessKey: 'secret1', sessionToken: 'session/1+=' },
    })
    expect(await source()).toEqual(found)
    expect(asked).toEqual([
      {
        method: 'POST',
        type: 'application/x-www-form-urlencoded',
        form: {
          Action: 'AssumeRoleWithWebIdentity',
          Version: '2011-06-15',
          RoleArn: role,
          RoleSessionName: 'reprise',
          WebIdentityToken: token,
        },
      },
    ])
  })

  it('is read again, and given again, when credentials are about to end: CI systems write new tokens into the file', async () => {
    const { asked, env, tokenFile } = await tokenService((count) => credentials(count, inMinutes(4)))
    const source = credentialSource(undefined, env)
    await source()
    writeFileSync(tokenFile, 'the next token')
    expect(await source()).toMatchObject({ ok: true, value: { accessKeyId: 'ASIA2' } })
    expect(asked.map(({ form }) => form.WebIdentityToken)).toEqual([token, 'the next token'])
  })

  it('gives way to keys in the environment, and to a profile that is named', async () => {
    const { asked, env } = await tokenService((count) => credentials(count, inMinutes(60)))
    const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'own' }
    expect(await credentialSource(undefined, { ...env, ...keys })()).toEqual({
      ok: true,
      value: { accessKeyId: 'AKIA', secretAccessKey: 'own' },
    })
    const none = { ...env, AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/a', AWS_CONFIG_FILE: '/nonexistent/b' }
    expect(await credentialSource('team', none)()).toMatchObject({ ok: false })
    expect(asked).toEqual([])
  })

  it.each([
    [
      'that the service refuses',
      { status: 403, body: `<ErrorResponse><Message>${token} is expired</Message></ErrorResponse>` },
      'the token service does not let this job take the role (403)',
    ],
    [
      'that is answered by something else',
      { status: 200, body: '<html>Sign in</html>' },
      'the token service does not let this job take the role (200)',
    ],
  ])('%s is told without the token, and asked for again', async (_, answer, error) => {
    const { env } = await tokenService((count) => (count === 1 ? answer : credentials(count, inMinutes(60))))
    const source = credentialSource(undefined, env)
    expect(await source()).toEqual({ ok: false, error })
    expect(await source()).toMatchObject({ ok: true, value: { accessKeyId: 'ASIA2' } })
  })

  it('that cannot be read, or given to nobody, is told', async () => {
    const { env } = await tokenService((count) => credentials(count, inMinutes(60)))
    const gone = credentialSource(undefined, { ...env, AWS_WEB_IDENTITY_TOKEN_FILE: '/nonexistent/token' })
    expect(await gone()).toEqual({
      ok: false,
      error: 'the file that AWS_WEB_IDENTITY_TOKEN_FILE names cannot be read',
    })
    const nobody = await credentialSource(undefined, { ...env, AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9' })()
    expect(nobody).toMatchObject({ ok: false, error: expect.stringContaining('the token service cannot be used') })
  })
})
