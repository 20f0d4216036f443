import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestBytes } from '../../../store/index.ts'
import { createHttpPlace } from '../../../store/remote/http/http-place.ts'
import { retryingPlace } from '../../../store/remote/place/retrying-place.ts'
import { failureKind, newDirectory, noise, recordOf, value } from '../fixtures.ts'
import { type Lie, startLyingServer } from './lying-server.ts'
import { expectAnswers, expectNoWarning, expectNoWrongByte, newKey, remoteIn } from './rig.ts'

const key = newKey()
const bytes = noise(300_000)
const digest = digestBytes(bytes)
const record = recordOf({ n: 1 }, { out: { kind: 'file', digest, sizeBytes: digest.sizeBytes } })

function remoteAt(url: URL, as: { readonly write?: string; readonly token?: string } = {}) {
  const place = createHttpPlace(url, as.token)
  if (!place.ok) throw new Error(place.error)
  const patient = retryingPlace(place.value, { firstWaitMs: 1 })
  return remoteIn(patient, { signer: key, trust: [key.publicKey], ...(as.write && { write: as.write }) })
}

async function served(token?: string) {
  const server = await startLyingServer()
  const writer = remoteAt(server.url, { write: 'main', ...(token && { token }) })
  value(await writer.send([{ digest, bytes }]))
  value(await writer.record(record))
  server.requests = 0
  server.authorizations.length = 0
  return { server, reader: remoteAt(server.url, token === undefined ? {} : { token }), writer }
}

describe('a web server that lies', () => {
  const lies: readonly (readonly [Lie, string])[] = [
    ['flips a byte', 'blob-corrupt'],
    ['cuts short', 'blob-corrupt'],
    ['sends too much', 'blob-corrupt'],
    ['never ends', 'blob-corrupt'],
    ['breaks off', 'transfer-broken'],
    ['shows a login page', 'cache-unavailable'],
    ['is closed to us', 'cache-unavailable'],
    ['redirects elsewhere', 'cache-unavailable'],
    ['compresses', 'cache-unavailable'],
  ]
  it.each(lies)('and %s hands out no wrong byte', async (lie, kind) => {
    const { server, reader } = await served()
    // The format was right when it was read.
    if (['flips a byte', 'cuts short', 'sends too much', 'never ends', 'breaks off', 'compresses'].includes(lie))
      value(await reader.findMissing([digest]))
    server.lie = lie
    const path = join(newDirectory(), 'file')
    expect(failureKind(await reader.fetch(digest, path))).toBe(kind)
    expectNoWrongByte(path, bytes)
    expect((await reader.read(digest)).ok).toBe(false)
    expect((await reader.lookup(record.key)).kind).not.toBe('hit')
    server.lie = 'none'
    expect((await reader.lookup(record.key)).kind).toBe('hit')
    value(await reader.fetch(digest, path))
  })

  it('and sends all where a part is asked for is read from the beginning', async () => {
    const { server, reader } = await served()
    const path = join(newDirectory(), 'file')
    writeFileSync(path, bytes.subarray(0, 100_000))
    server.lie = 'sends all for a part'
    value(await reader.fetch(digest, path, { fromBytes: 100_000 }))
    expect(readFileSync(path).equals(bytes)).toBe(true)
    writeFileSync(path, bytes.subarray(0, 100_000))
    server.lie = 'sends another part'
    expect(failureKind(await reader.fetch(digest, path, { fromBytes: 100_000 }))).toBe('cache-unavailable')
  })

  it('and fails every third time is asked again', async () => {
    const { server, reader, writer } = await served()
    server.lie = 'fails every third time'
    await expectAnswers({ reader, writer }, record, digest, 10)
  })

  it('and redirects is not followed, least of all with a token', async () => {
    const elsewhere = await startLyingServer()
    const { server } = await served()
    const there = await startLyingServer(elsewhere.url.href)
    there.lie = 'redirects elsewhere'
    const reader = remoteAt(there.url, { token: 'secret-token' })
    const found = await reader.lookup(record.key)
    expect(
      found.kind === 'unavailable' && found.failure.kind === 'cache-unavailable' && found.failure.reason,
    ).toContain(elsewhere.url.host)
    expect([elsewhere.requests, there.authorizations[0]]).toEqual([0, 'Bearer secret-token'])
    expect(JSON.stringify(found)).not.toContain('secret-token')
    expect(server.authorizations).toEqual([])
  })

  it('costs a second where it takes no connection at all', async () => {
    // Reserved for documentation: nobody is there, and a network that has no way to it says so at once.
    const reader = remoteAt(new URL('http://192.0.2.1:81/'))
    const began = performance.now()
    const found = await reader.lookup(record.key)
    expect(found.kind).toBe('unavailable')
    expect(performance.now() - began).toBeLessThan(3000)
  })
})

describe('many requests at once', () => {
  it('can be aborted together, and Node warns of no leak', async () => {
    const { reader } = await served()
    await expectNoWarning(reader)
  })
})

describe('the address of a web server', () => {
  it('may hold a password, which is in no name, and goes over no network in clear', () => {
    const place = createHttpPlace(new URL('https://ana:secret@cache.example.org/team/'), undefined)
    expect(place.ok && place.value.name).toBe('https://cache.example.org/team')
    expect(createHttpPlace(new URL('http://ana:secret@cache.example.org/'), undefined).ok).toBe(false)
    expect(createHttpPlace(new URL('http://cache.example.org/'), 'token').ok).toBe(false)
    expect(createHttpPlace(new URL('http://cache.example.org/'), undefined).ok).toBe(true)
  })
})
