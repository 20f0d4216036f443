import { execFileSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from './workbench.ts'

/** Mounting needs root. */
export const canMount = process.getuid?.() === 0 && process.platform === 'linux'

/** A file system of a few bytes, which is gone when the test ends. */
export interface SmallDisk {
  readonly dir: string
  resize(sizeBytes: number): void
}

/** Mounts a file system of that many bytes. */
export function mountSmallDisk(sizeBytes: number): SmallDisk {
  const dir = temporaryDirectory()
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', dir])
  onTestFinished(() => void execFileSync('umount', ['--lazy', dir]))
  return { dir, resize: (bytes) => void execFileSync('mount', ['-o', `remount,size=${bytes}`, dir]) }
}
