import { join } from 'node:path'
import type { BenchContext } from './bench.ts'
import { smallBlocks, writeSmallFiles, writeWav } from './scratch.ts'

const smallFileBytes = 4096
/** GNU's cp clones by itself where it can, which is no copying; the cp of macOS clones only when it is told to. */
export const copying = process.platform === 'linux' ? ['--reflink=never'] : []
export const cloning = process.platform === 'darwin' ? ['-c'] : ['--reflink=always']
const small = { quickCount: 2_000, fullCount: 10_000 } as const

/** What is brought into a store and back. */
export interface Files {
  readonly dir: string
  readonly size: string
  readonly bytes: number
  readonly wav: string
  readonly blocks: readonly Uint8Array[]
  readonly smallDir: string
  readonly smallPaths: readonly string[]
}

/** Writes the files. */
export function makeFiles({ dir, quick }: BenchContext): Files {
  const bytes = (quick ? 128 : 1024) * 1024 * 1024
  const wav = join(dir, 'audio.wav')
  writeWav(wav, bytes, 1)
  const blocks = smallBlocks(quick ? small.quickCount : small.fullCount, smallFileBytes, 2)
  const smallDir = join(dir, 'small')
  const smallPaths = writeSmallFiles(smallDir, blocks).map((name) => join(smallDir, name))
  return { dir, size: quick ? '128 MiB' : '1 GiB', bytes, wav, blocks, smallDir, smallPaths }
}
