import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createScratch, setAside, smallBlocks, writeSmallFiles, writeWav } from '../../bench/scratch.ts'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bench-scratch-'))
})

afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

describe('writeWav', () => {
  it('writes a file of exactly that size, whose header agrees', () => {
    const path = join(dir, 'a.wav')
    const sizeBytes = 5 * 1024 * 1024
    writeWav(path, sizeBytes, 1)
    expect(statSync(path).size).toBe(sizeBytes)
    const bytes = readFileSync(path)
    expect(bytes.toString('latin1', 0, 4)).toBe('RIFF')
    expect(bytes.readUInt32LE(4)).toBe(sizeBytes - 8)
    expect(bytes.toString('latin1', 8, 16)).toBe('WAVEfmt ')
    expect(bytes.readUInt32LE(40)).toBe(sizeBytes - 44)
  })

  it('writes the same bytes for the same seed, and others for another', () => {
    const paths = [1, 1, 2].map((seed, index) => {
      const path = join(dir, `${index}.wav`)
      writeWav(path, 100_000, seed)
      return path
    })
    const [first, same, other] = paths.map((path) => readFileSync(path).toString('base64'))
    expect(same).toBe(first)
    expect(other).not.toBe(first)
  })
})

describe('small files', () => {
  it('are all different', () => {
    const blocks = smallBlocks(50, 4096, 1)
    expect(new Set(blocks.map((block) => Buffer.from(block).toString('base64'))).size).toBe(50)
    const names = writeSmallFiles(join(dir, 'small'), blocks)
    expect(readdirSync(join(dir, 'small')).sort()).toEqual(names)
    expect(statSync(join(dir, 'small', names[7] ?? '')).size).toBe(4096)
  })
})

describe('createScratch', () => {
  it('is removed on request', () => {
    const scratch = createScratch(dir)
    writeWav(join(scratch.dir, 'a.wav'), 1000, 1)
    scratch.remove()
    expect(readdirSync(dir)).toEqual([])
  })

  it('has empty sections inside it, as many as are asked for', () => {
    const scratch = createScratch(dir)
    const sections = [scratch.section('hash'), scratch.section('hash')]
    expect(
      readdirSync(scratch.dir)
        .map((name) => join(scratch.dir, name))
        .sort(),
    ).toEqual([...sections].sort())
    scratch.remove()
    expect(readdirSync(dir)).toEqual([])
  })

  it('is removed when the bench is interrupted', async () => {
    const script = `
      const { createJiti } = await import('jiti')
      const { createScratch } = await createJiti(${JSON.stringify(`${resolve('.')}/`)}).import('./bench/scratch.ts')
      process.send(createScratch(${JSON.stringify(dir)}).dir)
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const made = await new Promise<string>((done) => child.once('message', (message) => done(String(message))))
    expect(existsSync(made)).toBe(true)
    const exit = new Promise((done) => child.once('exit', (code) => done(code)))
    child.kill('SIGINT')
    expect(await exit).toBe(130)
    expect(existsSync(made)).toBe(false)
  })
})

describe('setAside', () => {
  it('frees the name and keeps what was written, round after round', () => {
    const out = join(dir, 'out')
    for (const round of ['1', '2']) {
      mkdirSync(out)
      writeFileSync(join(out, 'file'), round)
      setAside(out)
    }
    expect(existsSync(out)).toBe(false)
    const kept = readdirSync(dir).map((name) => readFileSync(join(dir, name, 'file'), 'utf8'))
    expect(kept.sort()).toEqual(['1', '2'])
  })

  it('moves into another directory, so that nobody who looks around finds it', () => {
    for (const name of ['here', 'there']) mkdirSync(join(dir, name))
    writeFileSync(join(dir, 'here', 'file'), '1')
    setAside(join(dir, 'here', 'file'), join(dir, 'there'))
    expect(readdirSync(join(dir, 'here'))).toEqual([])
    expect(readdirSync(join(dir, 'there'))).toHaveLength(1)
  })
})
