import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type Digest, digestBytes } from '../../../store/index.ts'
import { actionPath, blobPath } from '../../../store/remote/layout/remote-layout.ts'
import type { ObjectPlace } from '../../../store/remote/place/object-place.ts'
import { retryingPlace } from '../../../store/remote/place/retrying-place.ts'
import { createS3Client } from '../../../store/remote/s3/s3-client.ts'
import { createS3Place } from '../../../store/remote/s3/s3-place.ts'
import { describeCacheStore } from '../../conformance/cache-store.ts'
import { startService } from '../../rig/services.ts'
import { newDirectory, recordOf, value } from '../fixtures.ts'
import { behindWire, newKey, newWire, remoteIn } from './rig.ts'

const seaweedfs = startService('seaweedfs')
const admin = { AWS_ACCESS_KEY_ID: 'testkey', AWS_SECRET_ACCESS_KEY: 'testsecret' }
let folders = 0

const optionsOf = (url: string) => ({ url, endpoint: `http://127.0.0.1:${seaweedfs().port}` })

async function placeAt(url: string, env: Readonly<Record<string, string>> = admin): Promise<ObjectPlace> {
  const place = await createS3Place(optionsOf(url), { HOME: '/nonexistent', ...env })
  if (!place.ok) throw new Error(place.error)
  return retryingPlace(place.value)
}

/** Sends a request that the program itself never makes, as the owner of the bucket. */
async function asOwner(method: string, key: string, body?: Uint8Array, query: Readonly<Record<string, string>> = {}) {
  const client = createS3Client(optionsOf('s3://cache'), { HOME: '/nonexistent', ...admin })
  if (!client.ok) throw new Error(client.error)
  const path = key === '' ? '/cache' : `/cache/${key}`
  const sent = await client.value.send({ method, path, query, headers: {}, ...(body && { body: { bytes: body } }) })
  if (!sent.ok) throw new Error(sent.error.reason)
  const pieces: Buffer[] = []
  for await (const piece of sent.value.body) pieces.push(Buffer.from(piece))
  return { status: sent.value.status, body: Buffer.concat(pieces) }
}

beforeAll(async () => {
  // It listens before it can store anything.
  const answers = { timeout: 60_000, interval: 200 }
  await vi.waitFor(async () => expect((await asOwner('PUT', '')).status).toBe(200), answers)
  await vi.waitFor(async () => expect((await asOwner('PUT', 'ready', Buffer.from('yes'))).status).toBe(200), answers)
}, 120_000)

describeCacheStore('a remote on SeaweedFS', async () => {
  const prefix = `cache-${folders++}`
  const place = await placeAt(`s3://cache/${prefix}`)
  const [signer, another] = [newKey(), newKey()]
  const trust = [signer.publicKey, another.publicKey]
  const wire = newWire()
  const keyOf = ({ hash }: Digest) => `${prefix}/${blobPath('main', hash)}`
  return {
    cache: remoteIn(behindWire(place, wire), { write: 'main', signer, trust }),
    other: remoteIn(place, { write: 'main', signer: another, trust }),
    async damage(digest) {
      const { body } = await asOwner('GET', keyOf(digest))
      body[0] = (body[0] ?? 0) ^ 1
      await asOwner('PUT', keyOf(digest), body)
    },
    lose: async (digest) => void (await asOwner('DELETE', keyOf(digest))),
    openReadOnly: async () =>
      remoteIn(
        await placeAt(`s3://cache/${prefix}`, { AWS_ACCESS_KEY_ID: 'readkey', AWS_SECRET_ACCESS_KEY: 'readsecret' }),
        { trust },
      ),
    wire,
  }
})

describe('a bucket', () => {
  it('takes a large file in parts, and goes on with an upload that was broken off', async () => {
    const place = await placeAt('s3://cache/large')
    const bytes = randomBytes(40 * 1024 * 1024 + 5)
    const path = join(newDirectory(), 'large')
    writeFileSync(path, bytes)
    const source = { path, sizeBytes: bytes.byteLength }
    const stop = new AbortController()
    const broken = place.write('one', source, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('killed')),
    })
    await expect(broken).rejects.toThrow('killed')
    expect(
      (await place.stat('one')).ok &&
        (await asOwner('GET', '', undefined, { uploads: '', prefix: 'large/' })).body.toString(),
    ).toContain('UploadId')
    const traffic = { puts: 0 }
    const counting = await countingPuts('s3://cache/large', traffic)
    expect(await counting.write('one', source)).toEqual({ ok: true, value: 'written' })
    // Three parts in all, of which one or more were there.
    expect(traffic.puts).toBeLessThan(3)
    const remote = remoteIn(place, { write: 'main', signer: newKey() })
    const digest = digestBytes(bytes)
    value(await remote.send([{ digest, path }]))
    const fetched = join(newDirectory(), 'fetched')
    value(await remote.fetch(digest, fetched))
    expect(readFileSync(fetched).equals(bytes)).toBe(true)
    expect((await asOwner('GET', '', undefined, { uploads: '', prefix: 'large/' })).body.toString()).not.toContain(
      '<UploadId>',
    )
  })

  it('refuses a wrong key and a wrong secret, and no message holds either', async () => {
    for (const env of [
      { AWS_ACCESS_KEY_ID: 'nokey', AWS_SECRET_ACCESS_KEY: 'nosecret' },
      { AWS_ACCESS_KEY_ID: 'testkey', AWS_SECRET_ACCESS_KEY: 'nosecret' },
    ]) {
      const refused = await (await placeAt('s3://cache/x', env)).stat('a')
      expect(refused).toEqual({ ok: false, error: { kind: 'refused', reason: 'permission denied (403)' } })
    }
    const none = await (await placeAt('s3://cache/x', { AWS_ACCESS_KEY_ID: '' })).stat('a')
    expect(none.ok ? '' : none.error.reason).toContain('there are no credentials')
  })

  it('takes credentials from a profile, and from the program that a profile names', async () => {
    const home = newDirectory()
    const program = `echo '{"Version":1,"AccessKeyId":"testkey","SecretAccessKey":"testsecret"}'`
    writeFileSync(join(home, 'credentials'), '[team]\naws_access_key_id = testkey\naws_secret_access_key=testsecret\n')
    writeFileSync(join(home, 'config'), `[profile other]\nregion = eu-west-1\ncredential_process = ${program}\n`)
    const env = { AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'), AWS_CONFIG_FILE: join(home, 'config') }
    for (const AWS_PROFILE of ['team', 'other'])
      expect(await (await placeAt('s3://cache', { ...env, AWS_PROFILE })).stat('ready')).toMatchObject({
        ok: true,
        value: { sizeBytes: 3 },
      })
  })

  it('lets a pull request read all, write its own scope, and neither occupy, overwrite nor remove anything of main', async () => {
    const [main, pull] = [newKey(), newKey()]
    const trust = [`main=${main.publicKey}`, `pr/*=${pull.publicKey}`]
    const bytes = randomBytes(1000)
    const digest = digestBytes(bytes)
    const record = recordOf({ n: 1 }, { out: { kind: 'file', digest, sizeBytes: digest.sizeBytes } })
    const owner = remoteIn(await placeAt('s3://cache/team'), { write: 'main', signer: main, trust })
    value(await owner.send([{ digest, bytes }]))
    value(await owner.record(record))

    const place = await placeAt('s3://cache/team', { AWS_ACCESS_KEY_ID: 'prkey', AWS_SECRET_ACCESS_KEY: 'prsecret' })
    const request = remoteIn(place, { read: ['pr/17', 'main'], write: 'pr/17', signer: pull, trust })
    expect((await request.lookup(record.key)).kind).toBe('hit')
    value(await request.send([{ digest, bytes }]))
    expect(value(await request.record(record))).toBe('recorded')
    const paths = [blobPath('main', digest.hash), actionPath('main', record.key), actionPath('main', 'f'.repeat(64))]
    for (const path of [...paths, 'FORMAT', 'main/x', 'pr/../main/x', 'elsewhere']) {
      const refused = await place.write(path, { bytes: Buffer.from('poison') })
      expect(refused.ok ? '' : refused.error.kind, path).toMatch(/^(refused|unavailable)$/)
    }
    // It cannot sign for main, either, whoever writes it there.
    const forged = remoteIn(await placeAt('s3://cache/forged'), { write: 'main', signer: pull, trust })
    value(await forged.send([{ digest, bytes }]))
    value(await forged.record(record))
    expect((await forged.lookup(record.key)).kind).toBe('corrupt')
    expect((await owner.lookup(record.key)).kind).toBe('hit')
  })

  it('keeps what is used', async () => {
    const place = await placeAt('s3://cache')
    expect(await place.touch('ready')).toEqual({ ok: true, value: 'touched' })
    expect((await asOwner('GET', 'ready')).body.toString()).toBe('yes')
    expect(await place.touch('nothing')).toEqual({ ok: true, value: 'absent' })
  })
})

/** Returns a place that counts the bodies it sends in parts. */
async function countingPuts(url: string, traffic: { puts: number }): Promise<ObjectPlace> {
  const http = await import('node:http')
  const port = await new Promise<number>((resolve) => {
    const proxy = http.createServer((asked, answer) => {
      if (asked.method === 'PUT' && asked.url?.includes('partNumber') === true) traffic.puts += 1
      const { port: to } = seaweedfs()
      const on = http.request(
        { host: '127.0.0.1', port: to, method: asked.method, path: asked.url, headers: asked.headers },
        (got) => {
          answer.writeHead(got.statusCode ?? 500, got.headers)
          got.pipe(answer)
        },
      )
      asked.pipe(on)
    })
    proxy.listen(0, '127.0.0.1', () => {
      const address = proxy.address()
      proxy.unref()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const place = await createS3Place({ url, endpoint: `http://127.0.0.1:${port}` }, { HOME: '/nonexistent', ...admin })
  if (!place.ok) throw new Error(place.error)
  return place.value
}
