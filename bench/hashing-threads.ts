import { Worker } from 'node:worker_threads'
import type { DigestReply, DigestRequest } from '../store/digest-protocol.ts'
import { packFiles } from '../store/hash-many.ts'

/** As many of the store's hashing threads as one wants to measure, which the store itself does not let one choose. */
export interface HashingThreads {
  readonly count: number
  readonly hashLarge: (paths: readonly string[]) => Promise<void>
  readonly hashSmall: (paths: readonly string[], sizeBytes: number, batch: number) => Promise<void>
  readonly stop: () => Promise<void>
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
    hashLarge: (paths) => answer(paths.map((large) => ({ kind: 'stream', path: large, target: undefined }))),
    hashSmall(paths, sizeBytes, batch) {
      const requests: DigestRequest[] = []
      for (let first = 0; first < paths.length; first += batch) {
        const files = paths.slice(first, first + batch).map((small) => ({ path: small, sizeBytes }))
        requests.push({ kind: 'many', files: packFiles(files) })
      }
      return answer(requests)
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
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
