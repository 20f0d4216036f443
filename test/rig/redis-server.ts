import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { onTestFinished } from 'vitest'

/** A Redis server on loopback. It ends with the test. */
export interface RedisServer {
  readonly url: string
  /** Kills the server at once, as a power failure does. */
  kill(): Promise<void>
  /** Starts it again, with what it had written. */
  restart(): Promise<void>
}

/** Starts a server that keeps its data in a directory, synced with each write. */
export async function startRedis(dir: string): Promise<RedisServer> {
  const { end, ...server } = await startSharedRedis(dir)
  onTestFinished(end)
  return server
}

/** Starts a server that several tests share; whoever starts it ends it. */
export async function startSharedRedis(dir: string): Promise<RedisServer & { readonly end: () => Promise<void> }> {
  const port = await freePort()
  let child = await start(port, dir)
  return {
    end: () => end(child),
    url: `redis://127.0.0.1:${port}`,
    kill: () => end(child),
    restart: async () => {
      child = await start(port, dir)
    },
  }
}

async function start(port: number, dir: string): Promise<ChildProcess> {
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--save', '']
  const kept = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction']
  const child = spawn('redis-server', [...args, ...kept], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('Ready to accept connections')) resolve()
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${said}`)))
  })
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
