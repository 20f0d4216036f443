import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestBytes } from '../../../../store/index.ts'
import type { Patience } from '../../../../store/remote/reapi/grpc-client.ts'
import { reapiTarget } from '../../../../store/remote/reapi/open-reapi.ts'
import { checkRemote } from '../../../../store/tiered/check-remote.ts'
import { failureKind, newDirectory, noise, recordOf, value } from '../../fixtures.ts'
import { expectAnswers, expectNoWarning, expectNoWrongByte, newKey, remoteIn } from '../rig.ts'
import { reapiPlaceAt } from './place-at.ts'
import { type ReapiLie, startReapiServer } from './server.ts'

const key = newKey()
/** Too large for a message with others. */
const bytes = noise(3_000_000)
const digest = digestBytes(bytes)
const record = recordOf({ n: 1 }, { out: { kind: 'file', digest, sizeBytes: digest.sizeBytes } })

/** Long enough for a machine with much to do, and short enough to be waited for. */
const impatient = { answerMs: 3000, idleMs: 1000, firstWaitMs: 1 }

async function remoteAt(
  port: number,
  as: { readonly write?: string; readonly token?: string; readonly patience?: Patience } = {},
) {
  return remoteIn(await reapiPlaceAt(port, as.token, as.patience), {
    signer: key,
    trust: [key.publicKey],
    ...(as.write && { write: as.write }),
  })
}

async function served() {
  const server = await startReapiServer()
  const writer = await remoteAt(server.port, { write: 'main' })
  value(await writer.send([{ digest, bytes }]))
  value(await writer.record(record))
  const reader = await remoteAt(server.port, { patience: impatient })
  value(await reader.findMissing([]))
  server.calls.length = 0
  server.offsets.length = 0
  return { server, reader, writer }
}

describe('a server of the Remote Execution API that lies', () => {
  const lies: readonly (readonly [ReapiLie, string])[] = [
    ['flips a byte', 'blob-corrupt'],
    ['sends too much', 'blob-corrupt'],
    ['sends less', 'transfer-broken'],
    ['sends nothing', 'transfer-broken'],
    ['is closed to us', 'cache-unavailable'],
    ['never answers', 'cache-unavailable'],
  ]
  it.each(lies)('and %s hands out no wrong byte', async (lie, kind) => {
    const { server, reader } = await served()
    // What it has was right when it was asked first.
    expect((await reader.lookup(record.key)).kind).toBe('hit')
    server.lie = lie
    const path = join(newDirectory(), 'file')
    expect(failureKind(await reader.fetch(digest, path))).toBe(kind)
    expectNoWrongByte(path, bytes)
    expect((await reader.read(digest)).ok).toBe(false)
    server.lie = 'none'
    expect((await reader.lookup(record.key)).kind).toBe('hit')
    value(await reader.fetch(digest, path))
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  it('and breaks off is asked for the rest', async () => {
    const { server, reader } = await served()
    server.lie = 'breaks off'
    const path = join(newDirectory(), 'file')
    value(await reader.fetch(digest, path))
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(server.offsets).toEqual([0, 1_500_000])
  })

  it('and breaks off what it is sent gets the rest, from where it has it', async () => {
    const { server, writer } = await served()
    const more = noise(5_000_000, 2)
    const path = join(newDirectory(), 'file')
    writeFileSync(path, more)
    server.lie = 'breaks off what it is sent'
    value(await writer.send([{ digest: digestBytes(more), path }]))
    const [first, second = 0] = server.offsets
    expect([first, server.offsets.length]).toEqual([0, 2])
    expect(second).toBeGreaterThan(2_500_000)
    expect(server.calls.filter((name) => name === 'QueryWriteStatus')).toHaveLength(1)
    expect(Buffer.compare(value(await writer.read(digestBytes(more))), more)).toBe(0)
  })

  it('and fails every third time is asked again', async () => {
    const { server, reader, writer } = await served()
    server.lie = 'fails every third time'
    await expectAnswers({ reader, writer }, record, digest, 5)
  })

  it('and has no room says so', async () => {
    const { server, writer } = await served()
    server.lie = 'has no room'
    for (const size of [100, 3_000_000]) {
      const more = noise(size, 7)
      expect(failureKind(await writer.send([{ digest: digestBytes(more), bytes: more }]))).toBe('store-full')
    }
  })
})

describe('the requests to a server of the Remote Execution API', () => {
  it('are few for many blobs, and none is larger than 4 MiB where the server tells no limit', async () => {
    const { server, writer, reader } = await served()
    const many = Array.from({ length: 400 }, (_, seed) => {
      const one = noise(30_000, seed)
      return { digest: digestBytes(one), bytes: one }
    })
    value(await writer.send(many))
    const outputs = Object.fromEntries(
      many.map((one, index) => [
        `out${index}`,
        { kind: 'file' as const, digest: one.digest, sizeBytes: one.digest.sizeBytes },
      ]),
    )
    const wide = recordOf({ n: 2 }, outputs)
    value(await writer.record(wide))
    expect(server.largestMessage).toBeLessThan(4 * 1024 * 1024)
    expect(server.calls.filter((name) => name === 'BatchUpdateBlobs').length).toBeLessThan(100)
    server.calls.length = 0
    expect((await reader.lookup(wide.key)).kind).toBe('hit')
    // Each of the 400 blobs is asked for, in a few requests; its name is in none of them.
    expect(server.calls.filter((name) => name === 'FindMissingBlobs').length).toBeLessThan(30)
    expect(server.calls.filter((name) => name === 'GetActionResult').length).toBeLessThan(5)
  })

  it('carry a token, and no name does', async () => {
    const { server } = await served()
    const reader = await remoteAt(server.port, { token: 'secret-token' })
    expect((await reader.lookup(record.key)).kind).toBe('hit')
    expect(server.authorizations.at(-1)).toBe('Bearer secret-token')
    expect(reader.name).toBe(`grpc://127.0.0.1:${server.port}/team`)
  })

  it('can be aborted together, and Node warns of no leak', async () => {
    const { reader } = await served()
    await expectNoWarning(reader)
  })
})

describe('a check of a server of the Remote Execution API', () => {
  it('says which hash function is used', async () => {
    const server = await startReapiServer({ offers: [1, 9] })
    const checks = await checkRemote(await remoteAt(server.port, { write: 'main' }))
    expect(checks.every(({ ok }) => ok)).toBe(true)
    expect(checks).toContainEqual({ what: 'digests', ok: true, found: 'BLAKE3; it offers SHA256, BLAKE3' })
    expect(checks.find(({ what }) => what === 'first stays')?.found).toBe('what is there is not overwritten')
  })

  it('fails where results cannot be written, or nothing can be understood', async () => {
    const closed = await startReapiServer({ takesResults: false })
    const checks = await checkRemote(await remoteAt(closed.port, { write: 'main' }))
    expect(checks.find(({ what }) => what === 'writes')).toMatchObject({ ok: false })
    const old = await startReapiServer({ offers: [3] })
    const [answers] = await checkRemote(await remoteAt(old.port))
    expect(answers).toMatchObject({ what: 'answers', ok: false })
    expect(answers?.found).toContain('it has neither BLAKE3 nor SHA-256, only MD5')
  })

  it('costs a second where nobody listens', async () => {
    const gone = await remoteAt(1)
    const began = performance.now()
    const found = await gone.lookup(record.key)
    expect(found.kind === 'unavailable' && found.failure).toMatchObject({ kind: 'cache-unavailable' })
    expect(performance.now() - began).toBeLessThan(3000)
  })
})

describe('the address of a server of the Remote Execution API', () => {
  it.each([
    ['grpc://127.0.0.1:8980/main', { address: '127.0.0.1:8980', instanceName: 'main', isTls: false }],
    ['grpc://127.0.0.1:80', { address: '127.0.0.1:80', instanceName: '', isTls: false }],
    ['grpcs://cache.example.org/a/b/', { address: 'cache.example.org:443', instanceName: 'a/b', isTls: true }],
    ['grpc://[::1]:8980', { address: '[::1]:8980', instanceName: '', isTls: false }],
  ])('%s is understood', (url, target) => {
    expect(reapiTarget(url, undefined)).toMatchObject({ ok: true, value: target })
  })

  it('needs a port without TLS, and takes no secret in clear to another machine', () => {
    for (const [url, token] of [
      ['grpc://cache.example.org/main', undefined],
      ['grpc:main', undefined],
      ['grpc://cache.example.org:8980', 'token'],
      ['grpc://ana:secret@cache.example.org:8980', undefined],
    ] as const)
      expect(reapiTarget(url, token).ok).toBe(false)
    const basic = reapiTarget('grpcs://ana:secret@cache.example.org', undefined)
    expect(basic.ok && basic.value.name).toBe('grpcs://cache.example.org:443')
  })
})
