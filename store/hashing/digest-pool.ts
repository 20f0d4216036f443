import { availableParallelism } from 'node:os'
import type { DigestReply, DigestRequest, DigestWork } from './digest-protocol.ts'
import { announce, callBack, lend, noteOwnerGone, notePartnerGone, type SharedRing } from './shared-ring.ts'
import { startDigestThread } from './start-digest-thread.ts'
import { createStreamRing } from './stream-file.ts'

/** Two threads on two cores hash two files at 4.3 GB/s each; beyond four threads memory bandwidth is the limit. */
const threadsMax = Math.min(4, Math.max(2, availableParallelism()))

/** From this size on an idle thread helps: a smaller file is hashed in the time that asking takes. */
const helpFromBytes = 16 * 1024 * 1024

/** From this size on a thread is started to help: that takes 40 ms of a core, and saves 60 of 170 ms for 1 GiB. */
const startFromBytes = 512 * 1024 * 1024

export interface DigestThread {
  postMessage(request: DigestRequest): void
  ref(): void
  unref(): void
  on(event: 'message', listener: (reply: DigestReply) => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'exit', listener: () => void): unknown
}

export interface DigestPool {
  /** Returns whether worker threads are running, so that none needs a start. */
  isStarted(): boolean
  /** Gives work to a worker thread. Rejects when no thread can be started, the thread dies, or it meets a bug. */
  ask(work: DigestWork): Promise<DigestReply>
}

interface Options {
  readonly start: () => DigestThread
  readonly threadsMax: number
  /** Whether an idle thread may help another. */
  readonly mayHelp: boolean
}

interface Job {
  readonly work: DigestWork
  readonly resolve: (reply: DigestReply) => void
  readonly reject: (error: unknown) => void
  /** Whether a partner was sent: one that has left is not sent again. */
  wasHelped: boolean
}

interface Member {
  readonly thread: DigestThread
  /** Its unfinished jobs, the oldest first; it answers them in that order. */
  readonly jobs: Job[]
  readonly ring: SharedRing
  /** Whether it has ever answered. A thread that dies before its first answer means that threads do not work here. */
  proven: boolean
  /** The thread that helps it, until that one has said that it left. */
  partner: Member | undefined
  owner: Member | undefined
}

/** Returns a pool; it starts threads when they are needed. */
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
      if (member.owner !== undefined) recall(member.owner)
      // Only a worker with something to do keeps the process alive.
      member.thread.ref()
      post(job.work, member)
    }
    if (options.mayHelp) for (const member of members) help(member)
  }

  function post(work: DigestWork, { thread, ring }: Member): void {
    if (work.kind === 'stream') announce(ring)
    thread.postMessage(work.kind === 'stream' ? { ...work, ring } : work)
  }

  /**
   * A large file waits for a thread that is idle or only helps. Small files are queued at busy threads, too: the main
   * thread, which goes through thousands of files in a row, receives no answer before it is through.
   */
  function memberFor({ kind }: DigestWork): Member | undefined {
    const free = members.find(isIdle) ?? startMember() ?? members.find(({ jobs }) => jobs.length === 0)
    if (free !== undefined || kind === 'stream') return free
    const ahead = members.filter(({ jobs }) => jobs.every(({ work }) => work.kind === 'many'))
    return ahead.sort((a, b) => a.jobs.length - b.jobs.length)[0]
  }

  /** Sends an idle thread to help with a file that is large enough. */
  function help(owner: Member): void {
    const [job] = owner.jobs
    if (job?.work.kind !== 'stream' || job.wasHelped || owner.partner !== undefined) return
    const { sizeBytes, target } = job.work
    if (sizeBytes < helpFromBytes) return
    const partner = members.find(isIdle) ?? (sizeBytes < startFromBytes ? undefined : startMember())
    if (partner === undefined) return
    job.wasHelped = true
    owner.partner = partner
    partner.owner = owner
    lend(owner.ring)
    partner.thread.postMessage({ kind: target === undefined ? 'read-ahead' : 'write-behind', ring: owner.ring })
  }

  function recall(owner: Member): void {
    callBack(owner.ring)
    const [job] = owner.jobs
    if (job !== undefined) job.wasHelped = false
  }

  function startMember(): Member | undefined {
    if (members.length >= options.threadsMax) return undefined
    const thread = options.start()
    const ring = createStreamRing()
    const member: Member = { thread, jobs: [], ring, proven: false, partner: undefined, owner: undefined }
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
    // Last, because adding a listener to a thread makes it keep the process alive.
    thread.unref()
    return member
  }

  function take(member: Member, reply: DigestReply): void {
    if (member.owner !== undefined) {
      member.owner.partner = undefined
      member.owner = undefined
      return
    }
    const job = member.jobs.shift()
    if (member.jobs.length === 0) member.thread.unref()
    // A partner that came for a file which could not be opened would wait for the next file.
    if (member.partner !== undefined) callBack(member.ring)
    if (reply.kind === 'bug') job?.reject(reply.error)
    else job?.resolve(reply)
  }

  function lose(member: Member, error: unknown): void {
    members.splice(members.indexOf(member), 1)
    if (member.owner !== undefined) {
      notePartnerGone(member.owner.ring)
      member.owner.partner = undefined
    }
    noteOwnerGone(member.ring)
    unavailable ||= !member.proven
    // The queue would wait for ever.
    const lost = [...member.jobs.splice(0), ...(unavailable ? queue.splice(0) : [])]
    for (const job of lost) job.reject(error)
  }

  return {
    isStarted: () => members.some(({ proven }) => proven),
    ask(work) {
      if (unavailable) return Promise.reject(new Error('worker threads cannot be started'))
      return new Promise((resolve, reject) => {
        queue.push({ work, resolve, reject, wasHelped: false })
        dispatch()
      })
    },
  }
}

function isIdle({ jobs, owner }: Member): boolean {
  return jobs.length === 0 && owner === undefined
}

const pool = createDigestPool({ start: startDigestThread, threadsMax, mayHelp: availableParallelism() > 1 })

export function isPoolStarted(): boolean {
  return pool.isStarted()
}

/** Gives work to a worker thread. Rejects when no thread can be started, the thread dies, or it meets a bug. */
export function askWorker(work: DigestWork): Promise<DigestReply> {
  return pool.ask(work)
}
