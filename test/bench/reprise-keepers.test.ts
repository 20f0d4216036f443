import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findingNothing, settle } from '../../bench/keepers/contenders.ts'
import { repriseApi, repriseRun } from '../../bench/keepers/reprise.ts'
import { smallBlocks, writeSmallFiles, writeWav } from '../../bench/scratch.ts'
import * as store from '../../store/index.ts'
import { commandPath } from '../rig/command.ts'

const built = {
  cli: commandPath,
  storeModule: join(dirname(commandPath), 'store.js'),
  async openStore(dir: string) {
    const opened = await store.openStore({ dir })
    if (!opened.ok) throw new Error(opened.error.kind)
    return opened.value
  },
}
const keepers = [repriseApi(built), repriseApi(built, 'hardlink'), repriseRun(built)]

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bench-reprise-'))
  mkdirSync(join(dir, 'settled'))
})

afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

describe.each(keepers)('$name', (keeper) => {
  it('keeps a file, puts it back, and sees when it changed', async () => {
    const bytes = 2_000_000
    const path = join(dir, 'audio.wav')
    writeWav(path, bytes, 1)
    const data = { kind: 'file', title: 'a WAV', dir, name: 'audio.wav', bytes } as const
    const settled = await settle(keeper, join(dir, 'settled'), data)
    writeWav(path, bytes, 2)
    await expect(take(findingNothing(settled))).rejects.toThrow()
  })

  it('keeps a directory, puts it back, and sees when a file of it changed', async () => {
    const path = join(dir, 'small')
    const [first = ''] = writeSmallFiles(path, smallBlocks(20, 4096, 1))
    const data = { kind: 'tree', title: 'small files', dir, name: 'small', bytes: 20 * 4096 } as const
    const settled = await settle(keeper, join(dir, 'settled'), data)
    writeFileSync(join(path, first), 'something else')
    await expect(take(findingNothing(settled))).rejects.toThrow()
  })
})

async function take(contenders: ReturnType<typeof findingNothing>): Promise<void> {
  expect(contenders).toHaveLength(1)
  for (const { before, run, after } of contenders) {
    await before?.()
    await run()
    await after?.()
  }
}
