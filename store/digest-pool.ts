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
  job: Job | undefined
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

/** Has a worker thread answer a request. Rejects when no thread can be had, or the thread dies. */
export function askWorker(request: DigestRequest): Promise<DigestReply> {
  if (unavailable) return Promise.reject(new Error('worker threads are not to be had'))
  return new Promise((resolve, reject) => {
    queue.push({ request, resolve, reject })
    dispatch()
  })
}

function dispatch(): void {
  while (queue.length > 0) {
    const member = members.find(({ job }) => job === undefined) ?? startMember()
    if (member === undefined) return
    const job = queue.shift()
    if (job === undefined) return
    member.job = job
    // Only a worker with something to do keeps the process alive.
    member.worker.ref()
    member.worker.postMessage(job.request)
  }
}

function startMember(): Member | undefined {
  if (members.length >= workersMax) return undefined
  const member: Member = { worker: startWorker(), job: undefined, proven: false }
  members.push(member)
  member.worker.unref()
  member.worker.on('message', (reply: DigestReply) => {
    member.proven = true
    finish(member)?.resolve(reply)
    dispatch()
  })
  member.worker.on('error', (error) => {
    members.splice(members.indexOf(member), 1)
    unavailable ||= !member.proven
    finish(member)?.reject(error)
    // What is queued would otherwise wait for ever.
    if (unavailable) for (const job of queue.splice(0)) job.reject(error)
    else dispatch()
  })
  return member
}

function finish(member: Member): Job | undefined {
  const { job } = member
  member.job = undefined
  member.worker.unref()
  return job
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
