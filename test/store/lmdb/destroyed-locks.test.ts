import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startScript } from '../child.ts'
import { afterTest, newDirectory, open } from '../fixtures.ts'

/** Holds the lock that LMDB takes while it destroys the locks of an environment, until its input ends. */
const holder = `
import fcntl, sys
with open(sys.argv[1], 'r+b') as file:
    fcntl.lockf(file, fcntl.LOCK_EX, 1)
    print('held', flush=True)
    sys.stdin.read()
`

/** Calls `body` while another process is as far as LMDB is when it has destroyed the locks, and not yet closed their file. */
async function whileClosing(lockFile: string, body: () => Promise<void>): Promise<void> {
  const python = spawn('python3', ['-c', holder, lockFile], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(python, 'exit')
  afterTest(() => void python.kill('SIGKILL'))
  await once(python.stdout, 'data')
  await body()
  python.stdin.end()
  await ended
}

/** How many processes wait for a lock on the file. */
function waiting(file: string): number {
  const { ino } = statSync(file)
  return readFileSync('/proc/locks', 'utf8').match(new RegExp(`-> POSIX .*:${ino} `, 'g'))?.length ?? 0
}

it('opens an index that others just closed, whose locks were destroyed meanwhile', async () => {
  const dir = newDirectory()
  await (await open({ dir })).close()
  const lockFile = join(dir, 'index', 'lock.mdb')
  const children: ReturnType<typeof startScript>[] = []
  await whileClosing(lockFile, async () => {
    for (let count = 0; count < 3; count++) children.push(startScript('open-and-end', dir, 'close'))
    await expect.poll(() => waiting(lockFile)).toBe(3)
  })
  expect(await Promise.all(children.map((child) => child.ended()))).toEqual([0, 0, 0])
  expect((await open({ dir, readOnly: true })).ledger.memos.get('of a process that ends')).toBe('close')
})
