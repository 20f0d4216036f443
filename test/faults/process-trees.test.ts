import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { programPath } from '../rig/program.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

const treeScript = resolve(import.meta.dirname, 'scripts/tree.sh')

/** How many of each: `REPRISE_TREES=100 REPRISE_RUNNERS=50` for the whole of it. */
const trees = Number(process.env.REPRISE_TREES ?? 4)
const runners = Number(process.env.REPRISE_RUNNERS ?? 4)
const atOnce = 4
const timeLimitMs = 60_000 + 5_000 * (trees + runners)

/** The processes whose command lines or environments hold a word, except the runner and this process. */
function holding(word: string, except: readonly number[]): readonly number[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && !except.includes(Number(pid)))
    .filter((pid) => ['cmdline', 'environ'].some((name) => textOf(`/proc/${pid}/${name}`).includes(word)))
    .map(Number)
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

interface StartedTree {
  readonly mark: string
  readonly child: ChildProcess
  readonly socket: Socket
  readonly said: () => string
  readonly gone: Promise<void>
}

let count = 0

/** Starts a runner, and returns when its whole tree is there. */
async function startTree(killGraceMs: number): Promise<StartedTree> {
  count += 1
  const mark = `reprise-tree-${process.pid}-${count}-`
  const dir = temporaryDirectory()
  const path = join(dir, 'socket')
  let said = ''
  const server = createServer()
  const there = new Promise<Socket>((there) => {
    server.on('connection', (socket) => {
      socket.on('error', () => {})
      socket.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (said === 'there\n') there(socket)
      })
    })
  })
  await new Promise<void>((listening) => server.listen(path, listening))
  onTestFinished(() => void server.close())
  const job = join(dir, mark)
  const args = [programPath('run-tree'), job, join(dir, 'store'), treeScript, mark, path, String(killGraceMs)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const gone = new Promise<void>((gone) => child.once('close', () => gone()))
  const socket = await Promise.race([there, gone.then(() => Promise.reject(new Error('the runner ended too soon')))])
  return { mark, child, socket, said: () => said, gone }
}

/** Does something so many times, a few at once. */
async function times(total: number, work: () => Promise<void>): Promise<void> {
  let left = total
  const worker = async () => {
    while (left > 0) {
      left -= 1
      await work()
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, total) }, worker))
}

/** Resolves when nothing of a tree is left; the test's own time limit is the limit. */
async function nothingLeft({ mark, child }: StartedTree): Promise<void> {
  while (holding(mark, [child.pid ?? 0, process.pid]).length > 0) await new Promise((resolve) => setImmediate(resolve))
}

describe('a process tree with members that fork twice and ignore TERM', () => {
  it(
    'is gone when its run has been cancelled',
    async () => {
      const left: number[] = []
      await times(trees, async () => {
        const tree = await startTree(20)
        expect(holding(tree.mark, [tree.child.pid ?? 0, process.pid]).length).toBeGreaterThanOrEqual(4)
        tree.socket.write('cancel')
        await tree.gone
        expect(tree.said()).toBe('there\ncancelled\n')
        // The run is over only when nothing of it is left: nothing is waited for here.
        left.push(...holding(tree.mark, [process.pid]))
      })
      process.stdout.write(`${trees} process trees cancelled, ${left.length} processes left\n`)
      expect(left).toEqual([])
    },
    timeLimitMs,
  )

  it(
    'is gone soon after its runner was killed',
    async () => {
      await times(runners, async () => {
        const tree = await startTree(600_000)
        tree.child.kill('SIGKILL')
        await tree.gone
        await nothingLeft(tree)
      })
      process.stdout.write(`${runners} runners killed, no process left\n`)
    },
    timeLimitMs,
  )
})

it('of a program that stays and ignores all signals is gone when its runner has been killed', async () => {
  const child = spawn(process.execPath, [programPath('ask-and-stay')], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const pid = await new Promise<string>((said) => child.stdout.once('data', (text) => said(String(text).trim())))
  expect(pid).toMatch(/^\d+$/)
  child.kill('SIGKILL')
  while (textOf(`/proc/${pid}/cmdline`) !== '') await new Promise((resolve) => setImmediate(resolve))
})
