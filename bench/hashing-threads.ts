import { Worker } from 'node:worker_threads'
import type { DigestReply, DigestRequest } from '../store/hashing/digest-protocol.ts'
import { manyFiles } from '../store/hashing/hash-many.ts'
import { announce, createRing, lend } from '../store/hashing/shared-ring.ts'

/** As many of the store's hashing threads as one wants to measure, which the store itself does not let one choose. */
export interface HashingThreads {
  readonly count: number
  readonly hashLarge: (paths: readonly string[]) => Promise<void>
  readonly hashSmall: (paths: readonly string[], sizeBytes: number, batch: number) => Promise<void>
  /** Has one thread hash a file, and copy it where a target is given. */
  readonly stream: (path: string, target?: string) => Promise<void>
  /** Has the first thread hash a file, and copy it where a target is given, while the second one helps. */
  readonly streamTogether: (path: string, sizes: RingSizes, target?: string) => Promise<void>
  readonly stop: () => Promise<void>
}

/** How large a ring is. */
export interface RingSizes {
  readonly blockBytes: number
  readonly blocks: number
}

/** Starts `count` threads of the module at `path`. */
export async function startThreads(path: string, count: number): Promise<HashingThreads> {
  const workers = Array.from({ length: count }, () => new Worker(path))

  /** Shares the requests out in turn, and sends each thread all of its own at once. */
  async function answer(requests: readonly DigestRequest[]): Promise<void> {
    await Promise.all(
      workers.map((worker, index) => {
        const own = requests.filter((_, position) => position % count === index)
        return askAll(worker, own)
      }),
    )
  }

  return {
    count,
    hashLarge: (paths) => answer(paths.map((path) => streaming(path))),
    hashSmall(paths, sizeBytes, batch) {
      const requests: DigestRequest[] = []
      for (let first = 0; first < paths.length; first += batch) {
        const files = paths.slice(first, first + batch).map((small) => ({ path: small, sizeBytes }))
        requests.push({ kind: 'many', files: manyFiles(files) })
      }
      return answer(requests)
    },
    stream: (path, target) => answer([streaming(path, target)]),
    async streamTogether(path, { blockBytes, blocks }, target) {
      const [owner, partner] = workers
      if (owner === undefined || partner === undefined) throw new RangeError('it takes two threads')
      const ring = createRing(blockBytes, blocks)
      announce(ring)
      lend(ring)
      const left = askAll(partner, [{ kind: target === undefined ? 'read-ahead' : 'write-behind', ring }])
      await askAll(owner, [{ ...streaming(path, target), ring }])
      await left
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

function streaming(path: string, target?: string): Extract<DigestRequest, { kind: 'stream' }> {
  // Only the pool asks for the size.
  const copy = target === undefined ? undefined : { path: target, mode: 0o644, durable: false }
  return { kind: 'stream', path, sizeBytes: 0, target: copy }
}

function askAll(worker: Worker, requests: readonly DigestRequest[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = requests.length
    if (left === 0) return resolve()
    const done = (error?: Error): void => {
      worker.off('message', heard).off('error', done)
      if (error === undefined) resolve()
      else reject(error)
    }
    const heard = (reply: DigestReply): void => {
      left -= 1
      if (reply.kind === 'error') done(new Error(reply.error.message))
      else if (reply.kind === 'bug') done(new Error('a thread failed', { cause: reply.error }))
      else if (left === 0) done()
    }
    worker.on('message', heard).on('error', done)
    for (const request of requests) worker.postMessage(request)
  })
}
