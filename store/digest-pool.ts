import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Worker } from 'node:worker_threads'
import type { DigestReply, DigestRequest, DigestWork } from './digest-protocol.ts'
import { announce, callBack, lend, notePartnerGone, noteReaderGone, type ReadAheadRing } from './read-ahead.ts'
import { createStreamRing } from './stream-file.ts'

/**
 * Two threads hash two files at 4.3 GB/s each on two cores; beyond four the memory and not the cores is what is short.
 */
const threadsMax = Math.min(4, Math.max(2, availableParallelism()))

/** From this size on a thread that has nothing to do reads ahead: a smaller file is hashed in the time it takes to ask. */
const readAheadFromBytes = 16 * 1024 * 1024

/** From this size on one is started for that, which takes 40 ms of a core; it saves 60 of the 170 ms that 1 GiB takes. */
const startFromBytes = 512 * 1024 * 1024

/** What a pool needs of a worker thread. */
export interface DigestThread {
  postMessage(request: DigestRequest): void
  ref(): void
  unref(): void
  on(event: 'message', listener: (reply: DigestReply) => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'exit', listener: () => void): unknown
}

/** Threads that hash and copy. */
export interface DigestPool {
  /** Returns whether worker threads are running, so that using one costs no start. */
  isStarted(): boolean
  /** Has a worker thread do some work. Rejects when no thread can be had, the thread dies, or it meets a bug. */
  ask(work: DigestWork): Promise<DigestReply>
}

interface Options {
  readonly start: () => DigestThread
  readonly threadsMax: number
  /** Whether one that has nothing to do may read ahead for another. */
  readonly readsAhead: boolean
}

interface Job {
  readonly work: DigestWork
  readonly resolve: (reply: DigestReply) => void
  readonly reject: (error: unknown) => void
  /** Whether a partner was sent: one that has left has nothing more to do there. */
  wasHelped: boolean
}

interface Member {
  readonly thread: DigestThread
  /** What it was asked and has not answered, the oldest first: it answers one after the other. */
  readonly jobs: Job[]
  /** Where its files are read ahead. */
  readonly ring: ReadAheadRing
  /** Whether it has ever answered: one that dies before cannot be started on this machine, and none is tried again. */
  proven: boolean
  /** Who reads ahead for it, until that one has said that it has left. */
  partner: Member | undefined
  /** For whom it reads ahead. */
  reader: Member | undefined
}

/** Returns a pool without threads: they are started when they are needed. */
export function createDigestPool(options: Options): DigestPool {
  const members: Member[] = []
  const queue: Job[] = []
  let unavailable = false

  function dispatch(): void {
    for (let job = queue[0]; job !== undefined; job = queue[0]) {
      const member = memberFor(job.work)
      if (member === undefined) return
      queue.shift()
      member.jobs.push(job)
      if (member.reader !== undefined) recall(member.reader)
      // Only a worker with something to do keeps the process alive.
      member.thread.ref()
      post(job.work, member)
    }
    if (options.readsAhead) for (const member of members) help(member)
  }

  function post(work: DigestWork, { thread, ring }: Member): void {
    if (work.kind === 'stream') announce(ring)
    thread.postMessage(work.kind === 'stream' ? { ...work, ring } : work)
  }

  /**
   * A large file waits for a thread that has nothing to do, or that only reads ahead. Small ones are sent ahead, because
   * the main thread, which looks at thousands of files in a row, hears of no answer before it is through.
   */
  function memberFor({ kind }: DigestWork): Member | undefined {
    const free = members.find(isIdle) ?? startMember() ?? members.find(({ jobs }) => jobs.length === 0)
    if (free !== undefined || kind === 'stream') return free
    const ahead = members.filter(({ jobs }) => jobs.every(({ work }) => work.kind === 'many'))
    return ahead.sort((a, b) => a.jobs.length - b.jobs.length)[0]
  }

  /** Has another member that has nothing to do read ahead, where that is worth it. */
  function help(reader: Member): void {
    const [job] = reader.jobs
    if (job?.work.kind !== 'stream' || job.wasHelped || reader.partner !== undefined) return
    const { sizeBytes } = job.work
    if (sizeBytes < readAheadFromBytes) return
    const partner = members.find(isIdle) ?? (sizeBytes < startFromBytes ? undefined : startMember())
    if (partner === undefined) return
    job.wasHelped = true
    reader.partner = partner
    partner.reader = reader
    lend(reader.ring)
    partner.thread.postMessage({ kind: 'read-ahead', ring: reader.ring })
  }

  function recall(reader: Member): void {
    callBack(reader.ring)
    const [job] = reader.jobs
    if (job !== undefined) job.wasHelped = false
  }

  function startMember(): Member | undefined {
    if (members.length >= options.threadsMax) return undefined
    const thread = options.start()
    const ring = createStreamRing()
    const member: Member = { thread, jobs: [], ring, proven: false, partner: undefined, reader: undefined }
    members.push(member)
    let met: unknown
    thread.on('message', (reply) => {
      member.proven = true
      take(member, reply)
      dispatch()
    })
    thread.on('error', (error) => {
      met = error
    })
    thread.on('exit', () => {
      lose(member, met ?? new Error('the thread has ended'))
      dispatch()
    })
    // After these, because one who listens to a thread keeps the process alive by it.
    thread.unref()
    return member
  }

  function take(member: Member, reply: DigestReply): void {
    if (member.reader !== undefined) {
      member.reader.partner = undefined
      member.reader = undefined
      return
    }
    const job = member.jobs.shift()
    if (member.jobs.length === 0) member.thread.unref()
    // One that has come for a file which could not be opened would wait for another.
    if (member.partner !== undefined) callBack(member.ring)
    if (reply.kind === 'bug') job?.reject(reply.error)
    else job?.resolve(reply)
  }

  function lose(member: Member, error: unknown): void {
    members.splice(members.indexOf(member), 1)
    // Neither waits for the other any more.
    if (member.reader !== undefined) {
      notePartnerGone(member.reader.ring)
      member.reader.partner = undefined
    }
    noteReaderGone(member.ring)
    unavailable ||= !member.proven
    // What is queued would otherwise wait for ever.
    const lost = [...member.jobs.splice(0), ...(unavailable ? queue.splice(0) : [])]
    for (const job of lost) job.reject(error)
  }

  return {
    isStarted: () => members.some(({ proven }) => proven),
    ask(work) {
      if (unavailable) return Promise.reject(new Error('worker threads are not to be had'))
      return new Promise((resolve, reject) => {
        queue.push({ work, resolve, reject, wasHelped: false })
        dispatch()
      })
    },
  }
}

function isIdle({ jobs, reader }: Member): boolean {
  return jobs.length === 0 && reader === undefined
}

const pool = createDigestPool({ start: startWorker, threadsMax, readsAhead: availableParallelism() > 1 })

/** Returns whether worker threads are running, so that using one costs no start. */
export function isPoolStarted(): boolean {
  return pool.isStarted()
}

/** Has a worker thread do some work. Rejects when no thread can be had, the thread dies, or it meets a bug. */
export function askWorker(work: DigestWork): Promise<DigestReply> {
  return pool.ask(work)
}

/** The built package has the worker as a module of its own beside it; from source it is TypeScript, which needs jiti. */
function startWorker(): Worker {
  // Most runs hash nothing, and the module takes a millisecond or two to load.
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./digest-worker.js', import.meta.url))
  const jiti = dirname(createRequire(import.meta.url).resolve('jiti/package.json'))
  const register = pathToFileURL(join(jiti, 'lib', 'jiti-register.mjs')).href
  return new Worker(new URL('./digest-worker.ts', import.meta.url), { execArgv: ['--import', register] })
}
