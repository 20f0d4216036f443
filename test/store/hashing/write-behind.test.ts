import { closeSync, fstatSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { digestBytes } from '../../../store/contract/digest.ts'
import type { DigestReply, DigestRequest } from '../../../store/hashing/digest-protocol.ts'
import {
  announce,
  callBack,
  createRing,
  hasPartner,
  lend,
  notePartnerGone,
  roomFor,
  type SharedRing,
  word,
  wordOf,
  writeLock,
} from '../../../store/hashing/shared-ring.ts'
import { startDigestThread } from '../../../store/hashing/start-digest-thread.ts'
import { type CopyTarget, CopyTargetError, streamFile } from '../../../store/hashing/stream-file.ts'
import { RingWriter, WritingPartner } from '../../../store/hashing/write-behind.ts'
import { newDirectory, noise } from '../fixtures.ts'

const blockBytes = 64

function newPath(): string {
  return join(newDirectory(), 'copy')
}

function targetAt(path: string): CopyTarget {
  return { path, mode: 0o644, durable: false }
}

/** An open file, and the writer of it. */
function writing(path: string, ring: SharedRing, flags = 'w'): { readonly writer: RingWriter; readonly fd: number } {
  const fd = openSync(path, flags)
  onTestFinished(() => closeSync(fd))
  announce(ring)
  lend(ring)
  return { writer: new RingWriter(ring, fd), fd }
}

/** Pushes block number `number` of some content, and returns whether it was the last one. */
function pushBlock(writer: RingWriter, content: Buffer, number: number): boolean {
  const bytes = content.subarray(number * blockBytes, (number + 1) * blockBytes)
  writer.room().set(bytes)
  writer.push(bytes.byteLength)
  return bytes.byteLength < blockBytes
}

/** What is left of a partner that died when it had written a half of a block. */
function dieWriting(ring: SharedRing, fd: number): void {
  const { words } = ring
  const number = Atomics.load(words, word.written)
  if (number < Atomics.load(words, word.blocks)) {
    Atomics.store(words, word.writeLock, writeLock.partner)
    const length = Math.floor(Atomics.load(words, wordOf(ring, number)) / 2)
    writeSync(fd, roomFor(ring, number), 0, length, number * blockBytes)
  }
  notePartnerGone(ring)
}

describe('a file that is written behind', () => {
  it('is the same however writer and partners take turns, come, leave, fail and die', () => {
    const turn = fc.constantFrom('push', 'behind', 'behind', 'come', 'called back', 'leave', 'die', 'die writing')
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 700 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(turn, { maxLength: 60 }),
        (sizeBytes, places, turns) => {
          const content = noise(sizeBytes)
          const path = newPath()
          const ring = createRing(blockBytes, places)
          const { writer, fd } = writing(path, ring)
          let partner: WritingPartner | undefined
          let pushed = 0
          let isOver = false
          const push = () => {
            if (!isOver) isOver = pushBlock(writer, content, pushed++)
          }
          const leave = () => {
            partner?.leave()
            partner = undefined
          }
          for (const now of turns) {
            if (now === 'push') push()
            else if (now === 'come') {
              lend(ring)
              partner ??= new WritingPartner(ring)
            } else if (now === 'called back') callBack(ring)
            else if (now === 'leave') leave()
            else if (now === 'die' || now === 'die writing') {
              if (partner !== undefined && now === 'die writing') dieWriting(ring, fd)
              else notePartnerGone(ring)
              partner = undefined
            } else if (partner?.step() === 'over') leave()
          }
          while (!isOver) push()
          writer.finish()
          leave()
          writer.close()
          expect(readFileSync(path).equals(content)).toBe(true)
        },
      ),
    )
  })

  it('is written by the partner while one is there, and by the writer where the ring is full or nobody is there', () => {
    const path = newPath()
    const ring = createRing(blockBytes, 3)
    const content = noise(blockBytes * 20)
    const { writer } = writing(path, ring)
    const written = (count: number) => expect(readFileSync(path)).toEqual(content.subarray(0, count * blockBytes))
    pushBlock(writer, content, 0)
    written(1)
    const partner = new WritingPartner(ring)
    for (const number of [1, 2, 3]) pushBlock(writer, content, number)
    written(1)
    expect([partner.step(), partner.step()]).toEqual(['helped', 'helped'])
    written(3)
    for (const number of [4, 5]) pushBlock(writer, content, number)
    pushBlock(writer, content, 6)
    written(4)
    partner.leave()
    pushBlock(writer, content, 7)
    written(8)
  })

  it('keeps a block as it is until it is written', () => {
    const ring = createRing(blockBytes, 2)
    const path = newPath()
    const content = noise(blockBytes * 3)
    const { writer } = writing(path, ring)
    const partner = new WritingPartner(ring)
    pushBlock(writer, content, 0)
    pushBlock(writer, content, 1)
    // There is room only where a block was written.
    writer.room().fill(0)
    expect(partner.step()).toBe('helped')
    expect(readFileSync(path)).toEqual(content.subarray(0, 2 * blockBytes))
    expect(partner.step()).toBe('waits')
  })

  it('fails where the writer cannot write it, whatever the partner could not', () => {
    const ring = createRing(blockBytes, 4)
    const { writer } = writing('/dev/full', ring)
    const partner = new WritingPartner(ring)
    pushBlock(writer, noise(blockBytes), 0)
    expect(partner.step()).toBe('over')
    partner.leave()
    expect(() => writer.finish()).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    writer.close()
    expect(hasPartner(ring)).toBe(false)
  })
})

describe('a copy', () => {
  it('tells a target that cannot be written from a source that cannot be read, and lets the partner go', async () => {
    const ring = createRing(blockBytes, 4)
    const taken = newPath()
    writeFileSync(taken, '')
    await expect(streamFile(taken, targetAt(taken), ring)).rejects.toThrow(CopyTargetError)
    announce(ring)
    lend(ring)
    const copied = streamFile(newDirectory(), targetAt(newPath()), ring)
    await expect(copied).rejects.toThrow(expect.objectContaining({ code: 'EISDIR' }))
    expect(new WritingPartner(ring).step()).toBe('over')
  })
})

interface DigestThread {
  readonly ask: (request: DigestRequest) => Promise<DigestReply>
  readonly end: () => Promise<unknown>
}

function startThread(): DigestThread {
  const thread = startDigestThread()
  onTestFinished(async () => void (await thread.terminate()))
  return {
    ask(request) {
      thread.postMessage(request)
      return new Promise((resolve) => thread.once('message', resolve))
    },
    end: () => thread.terminate(),
  }
}

/** Has a thread copy a file through a ring for which a partner may come. */
function copyThrough(ring: SharedRing, owner: DigestThread, path: string, to: string): Promise<DigestReply> {
  announce(ring)
  lend(ring)
  return owner.ask({ kind: 'stream', path, sizeBytes: 0, target: targetAt(to), ring })
}

/** Plays a partner that is in the middle of a block. */
function holdPen({ words }: SharedRing): void {
  Atomics.store(words, word.present, 1)
  Atomics.store(words, word.writeLock, writeLock.partner)
}

async function untilFull({ words }: SharedRing, places: number): Promise<void> {
  while (Atomics.load(words, word.blocks) < places) await setImmediate()
}

describe('two threads', () => {
  it.each([0, 1, 4_095, 4_096, 4_097, 1_000_000])('copy a file together: %i bytes', async (sizeBytes) => {
    const [owner, partner] = [startThread(), startThread()]
    const content = noise(sizeBytes)
    const path = newPath()
    writeFileSync(path, content)
    for (const places of [1, 2, 3, 8]) {
      const ring = createRing(blockBytes, places)
      const to = newPath()
      const copied = copyThrough(ring, owner, path, to)
      const left = partner.ask({ kind: 'write-behind', ring })
      expect(await copied).toEqual({ kind: 'digest', digest: digestBytes(content) })
      expect(await left).toMatchObject({ kind: 'helped' })
      expect(readFileSync(to).equals(content)).toBe(true)
    }
  })

  it('give the digest of the bytes that they have written, also where the source changes meanwhile', async () => {
    const [owner, partner] = [startThread(), startThread()]
    const path = newPath()
    const contents = [noise(300_000), noise(300_000, 2)]
    writeFileSync(path, contents[0] ?? '')
    const ring = createRing(blockBytes, 4)
    const to = newPath()
    let reply: DigestReply | undefined
    const copied = copyThrough(ring, owner, path, to).then((copiedReply) => {
      reply = copiedReply
    })
    void partner.ask({ kind: 'write-behind', ring })
    for (let turn = 1; reply === undefined; turn++) {
      writeFileSync(path, contents[turn % 2] ?? '', { flag: 'r+' })
      await setImmediate()
    }
    await copied
    expect(reply).toEqual({ kind: 'digest', digest: digestBytes(readFileSync(to)) })
  })

  it('copy all of a file where the partner dies in the middle of a block', async () => {
    const owner = startThread()
    const content = noise(20 * blockBytes)
    const path = newPath()
    writeFileSync(path, content)
    const ring = createRing(blockBytes, 4)
    holdPen(ring)
    const to = newPath()
    const copied = copyThrough(ring, owner, path, to)
    await untilFull(ring, 4)
    notePartnerGone(ring)
    expect(await copied).toEqual({ kind: 'digest', digest: digestBytes(content) })
    expect(readFileSync(to).equals(content)).toBe(true)
  })

  it('leave the file open where its owner dies, so that the partner writes to no other', async () => {
    const owner = startThread()
    const path = newPath()
    writeFileSync(path, noise(20 * blockBytes))
    const ring = createRing(blockBytes, 4)
    holdPen(ring)
    const to = newPath()
    void copyThrough(ring, owner, path, to)
    await untilFull(ring, 4)
    await owner.end()
    const fd = Atomics.load(ring.words, word.file) - 1
    expect(fstatSync(fd).ino).toBe(statSync(to).ino)
    closeSync(fd)
  })
})
