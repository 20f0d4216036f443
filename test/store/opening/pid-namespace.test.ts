import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../../store/index.ts'
import { programPath } from '../../rig/program.ts'
import { startScript } from '../child.ts'
import { failureKind, newDirectory, open } from '../fixtures.ts'

/** As of processes in another container, whose pid namespace has this number. */
const elsewhere = 'open.1'

const unsharing = ['--pid', '--fork', '--kill-child', '--mount-proc']

/** Why there can be no other pid namespace on this machine, or undefined where there can. */
const cannotUnshare = reasonNotTo()
const whyNot = cannotUnshare === undefined ? '' : ` (not run: ${cannotUnshare})`

function reasonNotTo(): string | undefined {
  try {
    execFileSync('unshare', [...unsharing, 'true'], { stdio: 'ignore' })
    return undefined
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return isAbsent ? 'unshare is not installed' : 'unshare may not be used'
  }
}

/** Returns the directory of a store that processes in another pid namespace have open, and what ends them. */
async function openElsewhere(): Promise<{ readonly dir: string; readonly end: () => void }> {
  const dir = newDirectory()
  await (await open({ dir })).close()
  const pipe = join(dir, 'leases', elsewhere)
  execFileSync('mkfifo', [pipe])
  const fd = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
  return { dir, end: () => closeSync(fd) }
}

describe.runIf(process.platform === 'linux')('a store that processes of another pid namespace have open', () => {
  it('is refused before anything is touched, also for reading, where nobody could be told of a wait', async () => {
    const { dir, end } = await openElsewhere()
    const before = readdirSync(dir, { recursive: true })
    expect(failureKind(await openStore({ dir }))).toBe('store-elsewhere')
    expect(failureKind(await openStore({ dir, readOnly: true }))).toBe('store-elsewhere')
    expect(readdirSync(dir, { recursive: true })).toEqual(before)
    end()
    await (await open({ dir })).close()
  })

  it('is waited for where that is told, and opened when they have ended, however they did', async () => {
    const { dir, end } = await openElsewhere()
    const told: string[] = []
    const store = await open({
      dir,
      onWait: (what) => {
        told.push(what)
        end()
      },
    })
    expect(told).toEqual([`waiting for a process in another container, which has the store ${dir} open`])
    expect(store.repaired).toBeUndefined()
  })

  it('is as it is for those of one namespace, of whom any number has it open', async () => {
    const dir = newDirectory()
    const [one, two] = [await open({ dir }), await open({ dir })]
    await one.close()
    await startScript('open-and-end', dir, 'close').ended()
    await two.close()
    expect(readdirSync(join(dir, 'leases')).filter((name) => name.startsWith('open.'))).toHaveLength(1)
  })

  it.skipIf(cannotUnshare !== undefined)(
    `is opened by none of two containers while the other has it, and by either after that${whyNot}`,
    async () => {
      const dir = newDirectory()
      const store = await open({ dir })
      const contained = () =>
        execFileSync('unshare', [...unsharing, process.execPath, programPath('open-and-end'), dir, 'close'], {
          stdio: 'pipe',
        })
      expect(contained).toThrow('store-elsewhere')
      await store.close()
      contained()
      await (await open({ dir })).close()
    },
  )
})
