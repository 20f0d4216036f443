import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { describeStoreFailure, openStore } from '../../../store/index.ts'
import { programPath } from '../../rig/program.ts'
import { failureKind, newDirectory, open } from '../fixtures.ts'

const kernel = vi.hoisted(() => ({ refuses: (_path: string): string | undefined => undefined }))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return {
    ...fs,
    accessSync(path: string, mode?: number) {
      const code = kernel.refuses(path)
      if (code !== undefined) throw Object.assign(new Error(code), { code })
      fs.accessSync(path, mode)
    },
  }
})

afterEach(() => {
  kernel.refuses = () => undefined
})

/** Returns the directory of a store that is there. */
async function made(): Promise<string> {
  const dir = newDirectory()
  await (await open({ dir })).close()
  return dir
}

describe('an index that LMDB could not open', () => {
  it.each(['data.mdb', 'lock.mdb'])('is refused where %s is not a file', async (name) => {
    const dir = await made()
    rmSync(join(dir, 'index', name))
    mkdirSync(join(dir, 'index', name))
    const opened = await openStore({ dir })
    expect(failureKind(opened)).toBe('store-refused')
    if (!opened.ok) expect(describeStoreFailure(opened.error)).toContain(`${name} is not a file; move it away`)
    expect(failureKind(await openStore({ dir, readOnly: true }))).toBe('store-refused')
  })

  it('is refused where its lock file is of another user, with what to do', async () => {
    const dir = await made()
    kernel.refuses = (path) => (path.endsWith('lock.mdb') ? 'EACCES' : undefined)
    const opened = await openStore({ dir })
    expect(failureKind(opened)).toBe('store-refused')
    if (!opened.ok) expect(describeStoreFailure(opened.error)).toMatch(/lock\.mdb, which belongs to .* run 'chown'/)
  })

  it.each(['index', 'data.mdb'])('is opened for reading where %s cannot be written', async (name) => {
    const dir = await made()
    let isAsked = false
    kernel.refuses = (path) => {
      if (!path.endsWith(name) || isAsked) return undefined
      isAsked = true
      return 'EROFS'
    }
    expect((await open({ dir })).readOnly).toBe(true)
  })

  it.runIf(process.platform === 'linux')(
    'is a failure where no file descriptors are left',
    async () => {
      const dir = await made()
      const kinds = new Set<string>()
      for (let left = 20; left <= 44; left += 2) {
        const command = `ulimit -n ${left}; exec "$@"`
        const args = [programPath('open-and-end'), dir, 'close']
        const ended = await promisify(execFile)('bash', ['-c', command, 'bash', process.execPath, ...args]).then(
          () => 'done',
          (error: { readonly signal?: string; readonly stderr?: string }) =>
            error.signal ??
            /store-io|EMFILE|too many open files/i.exec(error.stderr ?? '')?.[0] ??
            String(error.stderr),
        )
        kinds.add(ended)
      }
      expect([...kinds]).toContain('done')
      expect([...kinds].filter((kind) => kind.startsWith('SIG'))).toEqual([])
      expect(readdirSync(join(dir, 'tmp'))).toEqual([])
    },
    120_000,
  )
})
