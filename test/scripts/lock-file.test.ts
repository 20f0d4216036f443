import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const lock = readFileSync('package-lock.json', 'utf8')

it('records the optional packages of every platform, without which npm ci refuses it', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/complete-lock.mjs', '--check'], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

it('names no registry', () => {
  expect(lock).not.toContain('"resolved"')
})
