import { EventEmitter } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { digestBytes } from '../../../store/contract/digest.ts'
import { createDigestPool, type DigestPool, type DigestThread } from '../../../store/hashing/digest-pool.ts'
import type { DigestReply, DigestRequest, DigestWork } from '../../../store/hashing/digest-protocol.ts'
import { manyFiles } from '../../../store/hashing/hash-many.ts'
import { ReadingPartner } from '../../../store/hashing/read-ahead.ts'
import { hasPartner, type SharedRing } from '../../../store/hashing/shared-ring.ts'
import { newDirectory, noise } from '../fixtures.ts'

/** A thread whose part the test plays. */
class PlayedThread extends EventEmitter implements DigestThread {
  readonly asked: DigestRequest[] = []
  isKeepingAlive = true

  constructor() {
    super()
    // As those of Node do.
    this.on('newListener', (event) => {
      if (event === 'message') this.isKeepingAlive = true
    })
  }

  postMessage(request: DigestRequest): void {
    this.asked.push(request)
  }

  ref(): void {
    this.isKeepingAlive = true
  }

  unref(): void {
    this.isKeepingAlive = false
  }

  reply(reply: DigestReply): void {
    this.emit('message', reply)
  }

  /** What it was asked, in words. */
  get heard(): string[] {
    return this.asked.map((request) => (request.kind === 'stream' ? request.path : request.kind))
  }
}

/** A thread of Node that remembers what it was asked last. */
class HeardThread extends Worker implements DigestThread {
  lastHeard: DigestRequest['kind'] | undefined

  override postMessage(request: DigestRequest): void {
    this.lastHeard = request.kind
    super.postMessage(request)
  }
}

interface Played {
  readonly pool: DigestPool
  readonly threads: readonly PlayedThread[]
}

function playedPool(mayHelp = true): Played {
  const threads: PlayedThread[] = []
  const start = () => {
    const thread = new PlayedThread()
    threads.push(thread)
    return thread
  }
  return { pool: createDigestPool({ start, threadsMax: 2, mayHelp }), threads }
}

const mib = 1024 * 1024
const digest = digestBytes(noise(1))
const done: DigestReply = { kind: 'digest', digest }

function large(path: string, sizeBytes = 1024 * mib): Extract<DigestWork, { kind: 'stream' }> {
  return { kind: 'stream', path, sizeBytes, target: undefined }
}

function copy(path: string): DigestWork {
  return { ...large(path), target: { path: `${path}.copy`, mode: 0o644, durable: false } }
}

function thread({ threads }: Played, index: number): PlayedThread {
  const found = threads[index]
  if (found === undefined) throw new Error(`thread ${index} was not started`)
  return found
}

/** The ring that a thread was asked to read through last. */
function ringOf({ asked }: PlayedThread): SharedRing {
  const ring = asked.findLast(({ kind }) => kind !== 'many')
  if (ring === undefined || ring.kind === 'many' || ring.ring === undefined) throw new Error('it was given no ring')
  return ring.ring
}

/** Starts two threads that have answered. */
async function warm(played: Played): Promise<void> {
  const both = [played.pool.ask(large('first', 1)), played.pool.ask(large('second', 1))]
  for (const one of played.threads) one.reply(done)
  await Promise.all(both)
  for (const one of played.threads) one.asked.splice(0)
}

describe('a pool', () => {
  it('has a thread that has nothing to do read a large file ahead, once, and keeps the process alive for neither', async () => {
    const played = playedPool()
    await warm(played)
    const answered = played.pool.ask(large('film'))
    const [reader, partner] = [thread(played, 0), thread(played, 1)]
    expect([reader.heard, partner.heard]).toEqual([['film'], ['read-ahead']])
    expect(ringOf(partner)).toBe(ringOf(reader))
    expect([reader.isKeepingAlive, partner.isKeepingAlive]).toEqual([true, false])
    partner.reply({ kind: 'helped', blocks: 0 })
    expect(partner.heard).toEqual(['read-ahead'])
    reader.reply(done)
    expect(await answered).toEqual(done)
    expect(reader.isKeepingAlive).toBe(false)
  })

  it('has it write behind where the file is copied', async () => {
    const played = playedPool()
    await warm(played)
    void played.pool.ask(copy('film'))
    expect(thread(played, 1).heard).toEqual(['write-behind'])
    expect(ringOf(thread(played, 1))).toBe(ringOf(thread(played, 0)))
  })

  it('starts a thread for that only where the file is very large', () => {
    const keepingAlive = [64, 1024].map((size) => {
      const played = playedPool()
      void played.pool.ask(large('film', size * mib))
      return played.threads.map((one) => one.isKeepingAlive)
    })
    expect(keepingAlive).toEqual([[true], [true, false]])
  })

  it('has nothing read ahead that is small, or where there is one core', async () => {
    for (const [played, sizeBytes] of [
      [playedPool(), mib],
      [playedPool(false), 1024 * mib],
    ] as const) {
      await warm(played)
      void played.pool.ask(large('film', sizeBytes))
      expect(thread(played, 1).heard).toEqual([])
    }
  })

  it.each([
    ['a large file', large('other')],
    ['small files', { kind: 'many', files: manyFiles([]) }],
  ] as const)('calls a thread back when there is other work: %s', async (_, work) => {
    const played = playedPool()
    await warm(played)
    void played.pool.ask(large('film'))
    const [reader, partner] = [thread(played, 0), thread(played, 1)]
    expect(new ReadingPartner(ringOf(partner)).step()).toBe('waits')
    const answered = played.pool.ask(work)
    expect(new ReadingPartner(ringOf(reader)).step()).toBe('over')
    expect(partner.heard).toEqual(['read-ahead', work.kind === 'stream' ? work.path : work.kind])
    partner.reply({ kind: 'helped', blocks: 1 })
    partner.reply(done)
    expect(await answered).toEqual(done)
    // It is free again, and the film is not through.
    expect(partner.heard.at(-1)).toBe('read-ahead')
    expect(new ReadingPartner(ringOf(reader)).step()).toBe('waits')
  })

  it('calls back a thread that waits for a file which could not be opened', async () => {
    const played = playedPool()
    await warm(played)
    const answered = played.pool.ask(large('film'))
    const [reader, partner] = [thread(played, 0), thread(played, 1)]
    const waiting = new ReadingPartner(ringOf(partner))
    expect(waiting.step()).toBe('waits')
    reader.reply({ kind: 'error', error: { side: 'source', code: 'ENOENT', message: 'no such file' } })
    expect(await answered).toMatchObject({ kind: 'error' })
    expect(waiting.step()).toBe('over')
  })

  it('tells the reader when its partner has died, and starts another for the next', async () => {
    const played = playedPool()
    await warm(played)
    const answered = played.pool.ask(large('film'))
    const [reader, partner] = [thread(played, 0), thread(played, 1)]
    const dying = new ReadingPartner(ringOf(reader))
    expect([dying.step(), hasPartner(ringOf(reader))]).toEqual(['waits', true])
    partner.emit('exit')
    expect(hasPartner(ringOf(reader))).toBe(false)
    reader.reply(done)
    expect(await answered).toEqual(done)
    void played.pool.ask(large('next'))
    expect(thread(played, 2).heard).toEqual(['read-ahead'])
  })

  it('tells the partner when its reader has died, and who asked', async () => {
    const played = playedPool()
    await warm(played)
    const answered = played.pool.ask(large('film'))
    const [reader, partner] = [thread(played, 0), thread(played, 1)]
    const waiting = new ReadingPartner(ringOf(partner))
    reader.emit('error', new Error('out of memory'))
    reader.emit('exit')
    await expect(answered).rejects.toThrow('out of memory')
    expect(waiting.step()).toBe('over')
    partner.reply({ kind: 'helped', blocks: 0 })
    void played.pool.ask(large('next'))
    expect(partner.heard).toEqual(['read-ahead', 'next'])
  })

  it('rejects what a thread was asked that ends without an error, or that meets a bug', async () => {
    const played = playedPool()
    await warm(played)
    const [ended, failed] = [played.pool.ask(large('one')), played.pool.ask(large('two'))]
    thread(played, 0).emit('exit')
    await expect(ended).rejects.toThrow('the thread has ended')
    thread(played, 1).reply({ kind: 'helped', blocks: 0 })
    thread(played, 1).reply({ kind: 'bug', error: new TypeError('a bug') })
    await expect(failed).rejects.toThrow('a bug')
  })

  it.each(['hashes', 'copies'])('%s a file with real threads, of which the one that helps is ended', async (does) => {
    const content = noise(20 * mib)
    const path = join(newDirectory(), 'film')
    writeFileSync(path, content)
    const threads: HeardThread[] = []
    const start = () => {
      const one = new HeardThread(join(inject('programs'), 'digest-worker.js'))
      onTestFinished(async () => void (await one.terminate()))
      threads.push(one)
      return one
    }
    const pool = createDigestPool({ start, threadsMax: 2, mayHelp: true })
    let copies = 0
    const answer = () => {
      copies += 1
      const target = { path: `${path}.${copies}`, mode: 0o644, durable: false }
      return pool.ask(does === 'hashes' ? large(path) : { ...large(path), target })
    }
    const right = { kind: 'digest', digest: digestBytes(content) }
    expect(await Promise.all([answer(), answer()])).toEqual([right, right])
    const answered = answer()
    await threads.find(({ lastHeard }) => lastHeard !== 'stream')?.terminate()
    expect(await answered).toEqual(right)
    expect(await Promise.all([answer(), answer()])).toEqual([right, right])
    expect(threads).toHaveLength(3)
    if (does === 'hashes') return
    for (let copy = 1; copy <= copies; copy++) expect(readFileSync(`${path}.${copy}`).equals(content)).toBe(true)
  })
})
