import { appendFileSync, closeSync, openSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { Blake3Hasher } from '../../../store/contract/blake3.ts'
import { digestBytes } from '../../../store/contract/digest.ts'
import type { DigestReply, DigestRequest } from '../../../store/hashing/digest-protocol.ts'
import { isHeld, ReadingPartner, RingReader } from '../../../store/hashing/read-ahead.ts'
import {
  announce,
  callBack,
  createRing,
  hasPartner,
  lend,
  noteOwnerGone,
  notePartnerGone,
  type SharedRing,
} from '../../../store/hashing/shared-ring.ts'
import { createStreamRing } from '../../../store/hashing/stream-file.ts'
import { newDirectory, noise } from '../fixtures.ts'

function fileOf(bytes: Uint8Array): string {
  const path = join(newDirectory(), 'file')
  writeFileSync(path, bytes)
  return path
}

/** A file that is open, a ring for it, and the reader of both. */
function reading(path: string, ring: SharedRing): RingReader {
  const fd = openSync(path, 'r')
  onTestFinished(() => closeSync(fd))
  announce(ring)
  lend(ring)
  return new RingReader(ring, fd, Buffer.alloc(ring.blockBytes))
}

/**
 * Has the partner read all that there is room for; one that meets the end or an error leaves, as it would. Returns how
 * many blocks it has read.
 */
function readAllAhead(partner: ReadingPartner): number {
  let blocks = 0
  let did = partner.step()
  for (; did === 'helped'; did = partner.step()) blocks += 1
  if (did === 'over') partner.leave()
  return blocks
}

/** Reads to the end, with a partner that is ahead as far as it can be. */
function readForced(path: string, ring: SharedRing): { readonly bytes: Buffer; readonly fromRing: number } {
  const reader = reading(path, ring)
  const partner = new ReadingPartner(ring)
  const parts: Buffer[] = []
  let fromRing = 0
  for (;;) {
    if (hasPartner(ring)) readAllAhead(partner)
    const bytes = reader.next()
    if (bytes.buffer === ring.blocks.buffer) fromRing += 1
    if (bytes.byteLength === 0) return { bytes: Buffer.concat(parts), fromRing }
    parts.push(Buffer.from(bytes))
  }
}

const streamBlockBytes = createStreamRing().blockBytes
const oddSizes = (block: number) => [
  0,
  1,
  block - 1,
  block,
  block + 1,
  2 * block,
  20 * block - 1,
  20 * block,
  20 * block + 1,
]

describe('a file that is read ahead', () => {
  it.each(oddSizes(streamBlockBytes))('has its digest, each whole block from the ring: %i bytes', (sizeBytes) => {
    const content = noise(sizeBytes)
    const { bytes, fromRing } = readForced(fileOf(content), createStreamRing())
    expect(fromRing).toBe(Math.floor(sizeBytes / streamBlockBytes))
    expect({ hash: new Blake3Hasher().update(bytes).digest('hex'), sizeBytes: bytes.byteLength }).toEqual(
      digestBytes(content),
    )
  })

  it('is the same however reader and partners take turns, come, leave, and die', () => {
    const steps = fc.array(fc.constantFrom('read', 'ahead', 'ahead', 'come', 'called back', 'die'), { maxLength: 60 })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 700 }),
        fc.integer({ min: 2, max: 5 }),
        steps,
        (sizeBytes, places, turns) => {
          const content = noise(sizeBytes)
          const ring = createRing(64, places)
          const reader = reading(fileOf(content), ring)
          let partner: ReadingPartner | undefined
          const parts: Buffer[] = []
          const letGo = () => {
            partner?.leave()
            partner = undefined
          }
          const read = () => {
            // At the end the reader waits for the partner, which is here on the same thread.
            if (parts.length >= Math.floor(sizeBytes / 64)) letGo()
            const bytes = reader.next()
            if (bytes.byteLength > 0) parts.push(Buffer.from(bytes))
            return bytes.byteLength
          }
          for (const turn of turns) {
            if (turn === 'read') read()
            else if (turn === 'come') {
              lend(ring)
              partner ??= new ReadingPartner(ring)
            } else if (turn === 'called back') callBack(ring)
            else if (turn === 'die') {
              notePartnerGone(ring)
              partner = undefined
            } else if (partner?.step() === 'over') letGo()
          }
          while (read() > 0);
          expect(Buffer.concat(parts).equals(content)).toBe(true)
        },
      ),
    )
  })

  it('stays what was given until the next is asked for, and is not read twice into the ring', () => {
    const content = noise(64 * 12)
    const path = fileOf(content)
    const ring = createRing(64, 4)
    const reader = reading(path, ring)
    const first = new ReadingPartner(ring)
    expect(readAllAhead(first)).toBe(3)
    first.leave()
    const given = reader.next()
    // What the first one left is older than the file is now.
    writeFileSync(path, noise(64 * 12, 2))
    const second = new ReadingPartner(ring)
    expect(readAllAhead(second)).toBe(1)
    expect(Buffer.from(given).equals(content.subarray(0, 64))).toBe(true)
    expect(Buffer.from(reader.next()).equals(content.subarray(64, 128))).toBe(true)
    second.leave()
  })

  it('may shrink and grow', () => {
    const content = noise(64 * 6)
    const shrinking = fileOf(content)
    const ring = createRing(64, 4)
    const reader = reading(shrinking, ring)
    const partner = new ReadingPartner(ring)
    readAllAhead(partner)
    truncateSync(shrinking, 10)
    const sizes = [reader.next(), reader.next(), reader.next()].map(({ byteLength }) => byteLength)
    readAllAhead(partner)
    expect([...sizes, reader.next().byteLength, hasPartner(ring)]).toEqual([64, 64, 64, 0, false])

    const growing = fileOf(content.subarray(0, 100))
    const again = reading(growing, ring)
    readAllAhead(new ReadingPartner(ring))
    expect(again.next().byteLength).toBe(64)
    expect(again.next().byteLength).toBe(36)
    appendFileSync(growing, content.subarray(100))
    // Its blocks would not begin where the reader is now.
    const late = new ReadingPartner(ring)
    expect(late.step()).toBe('over')
    late.leave()
    const rest = [again.next(), again.next(), again.next(), again.next(), again.next()]
    expect(rest.map(({ byteLength }) => byteLength)).toEqual([64, 64, 64, 64, 28])
    expect(again.next().byteLength).toBe(0)
  })
})

describe('a partner', () => {
  it('waits for the file to be opened, and leaves when it is called back or the reader is gone', () => {
    const ring = createRing(64, 4)
    announce(ring)
    lend(ring)
    const partner = new ReadingPartner(ring)
    expect(partner.step()).toBe('waits')
    callBack(ring)
    expect(partner.step()).toBe('over')
    lend(ring)
    expect(partner.step()).toBe('waits')
    noteOwnerGone(ring)
    expect(partner.step()).toBe('over')
  })

  it('that comes late goes on behind what the reader has read by itself', () => {
    const ring = createRing(64, 2)
    const reader = reading(fileOf(noise(64 * 10)), ring)
    for (let count = 0; count < 5; count++) reader.next()
    const partner = new ReadingPartner(ring)
    expect([partner.step(), partner.step()]).toEqual(['helped', 'waits'])
    expect(isHeld(ring, 5)).toBe(true)
    partner.leave()
  })

  it('that comes when the file is closed leaves at once', () => {
    const ring = createRing(64, 4)
    reading(fileOf(noise(10)), ring).close()
    expect(new ReadingPartner(ring).step()).toBe('over')
  })

  it('leaves errors to the reader', () => {
    const ring = createRing(64, 4)
    const path = fileOf(noise(1_000))
    const fd = openSync(path, 'w')
    announce(ring)
    lend(ring)
    const reader = new RingReader(ring, fd, Buffer.alloc(64))
    readAllAhead(new ReadingPartner(ring))
    expect(hasPartner(ring)).toBe(false)
    expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'EBADF' }))
    closeSync(fd)
  })
})

/** A thread that hashes, as the pool starts it. */
function startThread(): { readonly thread: Worker; readonly ask: (request: DigestRequest) => Promise<DigestReply> } {
  const thread = new Worker(join(inject('programs'), 'digest-worker.js'))
  onTestFinished(async () => void (await thread.terminate()))
  return {
    thread,
    ask(request) {
      thread.postMessage(request)
      return new Promise((resolve) => thread.once('message', resolve))
    },
  }
}

describe('two threads', () => {
  it('hash a file together', async () => {
    const [one, other] = [startThread(), startThread()]
    const ring = createStreamRing()
    for (const sizeBytes of oddSizes(streamBlockBytes)) {
      const content = noise(sizeBytes)
      announce(ring)
      lend(ring)
      const left = other.ask({ kind: 'read-ahead', ring })
      const reply = await one.ask({ kind: 'stream', path: fileOf(content), sizeBytes, target: undefined, ring })
      expect(reply).toEqual({ kind: 'digest', digest: digestBytes(content) })
      expect(await left).toMatchObject({ kind: 'helped' })
    }
  })

  it('read what one cannot, when the other dies', async () => {
    const { thread, ask } = startThread()
    const content = noise(20 * 64)
    const ring = createRing(64, 4)
    const reader = reading(fileOf(content), ring)
    void ask({ kind: 'read-ahead', ring })
    while (!isHeld(ring, 2)) await setImmediate()
    await thread.terminate()
    const parts: Buffer[] = []
    for (let count = 0; count < 20; count++) parts.push(Buffer.from(reader.next()))
    expect(hasPartner(ring)).toBe(true)
    notePartnerGone(ring)
    expect(reader.next().byteLength).toBe(0)
    expect(Buffer.concat(parts).equals(content)).toBe(true)
  })
})
