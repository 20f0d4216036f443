import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** A directory for what benches write. It is removed at the end, on an error and on Ctrl-C alike. */
export interface Scratch {
  readonly dir: string
  /** Makes an empty directory, on ground of its own where the file system can. */
  readonly section: (name: string) => string
  readonly remove: () => void
}

/** Makes a scratch directory inside `parent`, which decides the file system that is measured. */
export function createScratch(parent: string): Scratch {
  mkdirSync(parent, { recursive: true })
  const dir = mkdtempSync(join(parent, 'scratch-'))
  spreadSections(dir)
  const stop = (signal: 'SIGINT' | 'SIGTERM') => process.exit(signal === 'SIGINT' ? 130 : 143)
  const remove = () => {
    rmSync(dir, { recursive: true, force: true, maxRetries: 3 })
    process.off('exit', remove).off('SIGINT', stop).off('SIGTERM', stop)
  }
  process.on('exit', remove).on('SIGINT', stop).on('SIGTERM', stop)
  return { dir, section: (name) => mkdtempSync(join(dir, `${name}-`)), remove }
}

/**
 * Has ext4 put each directory that is made in `dir` into another part of the disk. Without a journal it gives no inode
 * away again for minutes after its file was removed, and looks at all of those before it makes a file close by: where
 * thousands were removed a file takes a millisecond, and elsewhere 25 us.
 */
function spreadSections(dir: string): void {
  try {
    execFileSync('chattr', ['+T', dir], { stdio: 'ignore' })
  } catch {
    // Other file systems have no such attribute, and no such habit.
  }
}

let asideCount = 0

/** Moves what a round has written out of the next one's way; see `spreadSections` for what removing it would do. */
export function setAside(path: string, into = dirname(path)): void {
  asideCount += 1
  renameSync(path, join(into, `${basename(path)}.aside-${asideCount}`))
}

/** Fills a block with the next numbers of a xorshift generator: the same bytes at each run, and nothing to compress. */
export function createNoise(seed: number): (block: Uint32Array) => void {
  let state = seed >>> 0 || 1
  return (block) => {
    for (let index = 0; index < block.length; index++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      block[index] = state
    }
  }
}

const wavHeaderBytes = 44
const wavBlockBytes = 4 * 1024 * 1024

/** Writes a WAV file of exactly `sizeBytes`: two channels of 16-bit noise at 44.1 kHz. */
export function writeWav(path: string, sizeBytes: number, seed: number): void {
  const fd = openSync(path, 'w')
  try {
    writeSync(fd, wavHeader(sizeBytes - wavHeaderBytes))
    const noise = createNoise(seed)
    const block = new Uint32Array(wavBlockBytes / 4)
    for (let left = sizeBytes - wavHeaderBytes; left > 0; left -= wavBlockBytes) {
      noise(block)
      writeSync(fd, new Uint8Array(block.buffer, 0, Math.min(left, wavBlockBytes)))
    }
  } finally {
    closeSync(fd)
  }
}

/** Returns the header of a canonical PCM WAV file. Source: Multimedia Programming Interface and Data Specifications 1.0. */
function wavHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(wavHeaderBytes)
  const [channels, sampleRateHz, bitsPerSample] = [2, 44_100, 16]
  const frameBytes = (channels * bitsPerSample) / 8
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(dataBytes + wavHeaderBytes - 8, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(sampleRateHz, 24)
  header.writeUInt32LE(sampleRateHz * frameBytes, 28)
  header.writeUInt16LE(frameBytes, 32)
  header.writeUInt16LE(bitsPerSample, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(dataBytes, 40)
  return header
}

/** Returns `count` different blocks of `sizeBytes`. */
export function smallBlocks(count: number, sizeBytes: number, seed: number): Uint8Array[] {
  const noise = createNoise(seed)
  return Array.from({ length: count }, () => {
    const block = new Uint32Array(sizeBytes / 4)
    noise(block)
    return new Uint8Array(block.buffer)
  })
}

/** Writes each block to a file of its own in a new directory, and returns the names. */
export function writeSmallFiles(dir: string, blocks: readonly Uint8Array[]): string[] {
  mkdirSync(dir)
  return blocks.map((block, index) => {
    const name = `${String(index).padStart(5, '0')}.bin`
    writeFileSync(join(dir, name), block)
    return name
  })
}
