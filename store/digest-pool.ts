import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Worker } from 'node:worker_threads'
import type { DigestReply, DigestRequest } from './digest-protocol.ts'

/**
 * Two threads hash two files at 4.3 GB/s each on two cores; beyond four the memory and not the cores is what is short.
 */
const workersMax = Math.min(4, Math.max(2, availableParallelism()))

interface Job {
  readonly request: DigestRequest
  readonly resolve: (reply: DigestReply) => void
  readonly reject: (error: unknown) => void
}

interface Member {
  readonly worker: Worker
  /** What it was asked and has not answered, the oldest first: it answers one after the other. */
  readonly jobs: Job[]
  /** Whether it has ever answered: one that dies before cannot be started on this machine, and none is tried again. */
  proven: boolean
}

const members: Member[] = []
const queue: Job[] = []
let unavailable = false

/** Returns whether worker threads are running, so that using one costs no start. */
export function isPoolStarted(): boolean {
  return members.some(({ proven }) => proven)
}

/** Has a worker thread answer a request. Rejects when no thread can be had, the thread dies, or it meets a bug. */
export function askWorker(request: DigestRequest): Promise<DigestReply> {
  if (unavailable) return Promise.reject(new Error('worker threads are not to be had'))
  return new Promise((resolve, reject) => {
    queue.push({ request, resolve, reject })
    dispatch()
  })
}

function dispatch(): void {
  for (let job = queue[0]; job !== undefined; job = queue[0]) {
    const member = memberFor(job.request)
    if (member === undefined) return
    queue.shift()
    member.jobs.push(job)
    // Only a worker with something to do keeps the process alive.
    member.worker.ref()
    member.worker.postMessage(job.request)
  }
}

/**
 * A large file waits for a thread that has nothing to do. Small ones are sent ahead, because the main thread, which
 * looks at thousands of files in a row, hears of no answer before it is through.
 */
function memberFor({ kind }: DigestRequest): Member | undefined {
  const idle = members.find(({ jobs }) => jobs.length === 0) ?? startMember()
  if (idle !== undefined || kind === 'stream') return idle
  const ahead = members.filter(({ jobs }) => jobs.every(({ request }) => request.kind === 'many'))
  return ahead.sort((a, b) => a.jobs.length - b.jobs.length)[0]
}

function startMember(): Member | undefined {
  if (members.length >= workersMax) return undefined
  const member: Member = { worker: startWorker(), jobs: [], proven: false }
  members.push(member)
  member.worker.unref()
  member.worker.on('message', (reply: DigestReply) => {
    member.proven = true
    const job = member.jobs.shift()
    if (member.jobs.length === 0) member.worker.unref()
    if (reply.kind === 'bug') job?.reject(reply.error)
    else job?.resolve(reply)
    dispatch()
  })
  member.worker.on('error', (error) => {
    members.splice(members.indexOf(member), 1)
    unavailable ||= !member.proven
    // What is queued would otherwise wait for ever.
    const lost = [...member.jobs.splice(0), ...(unavailable ? queue.splice(0) : [])]
    for (const job of lost) job.reject(error)
    dispatch()
  })
  return member
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
