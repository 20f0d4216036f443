import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { install, reasonIn } from '../../bench/install.ts'

let dir: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bench-install-'))
})

afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

describe('install', () => {
  const pinned = { registry: 'npm', name: 'runner', version: '1.2.3' } as const

  it('takes what is there', async () => {
    mkdirSync(join(dir, 'runner-1.2.3'))
    writeFileSync(join(dir, 'runner-1.2.3', 'installed'), '')
    const bin = join(dir, 'runner-1.2.3', 'node_modules', '.bin')
    expect(await install(pinned, dir)).toEqual({ ok: true, dir: join(dir, 'runner-1.2.3'), bin })
  })

  it('gives the line of the installer that says why', () => {
    const words = ['pip ended with 1: WARNING: Retrying', 'ERROR: No matching distribution found for runner==1', 'bye']
    expect(reasonIn(new Error(words.join('\n')))).toBe('ERROR: No matching distribution found for runner==1')
    expect(reasonIn(new Error('python3 ended with 1: no pip here'))).toBe('python3 ended with 1: no pip here')
  })
})
