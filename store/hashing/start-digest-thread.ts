import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Worker } from 'node:worker_threads'

/**
 * Starts a worker thread for a digest pool; from source, its module is TypeScript and needs jiti. Files that the thread
 * has open stay open when it ends: its partner may be writing to one, whose descriptor no other file may get.
 */
export function startDigestThread(): Worker {
  // Loaded late: most runs hash no file, and the module takes a millisecond or two.
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const options = { trackUnmanagedFds: false }
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./digest-worker.js', import.meta.url), options)
  const jiti = dirname(createRequire(import.meta.url).resolve('jiti/package.json'))
  const register = pathToFileURL(join(jiti, 'lib', 'jiti-register.mjs')).href
  const execArgv = ['--import', register]
  return new Worker(new URL('./digest-worker.ts', import.meta.url), { ...options, execArgv })
}
