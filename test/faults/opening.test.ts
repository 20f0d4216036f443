import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { programPath } from '../rig/program.ts'
import { newDirectory } from '../store/fixtures.ts'

describe('a store that is opened while another process commits', () => {
  it('loses nothing when that sets back from which transaction the next one starts', async () => {
    const args = [programPath('set-back'), join(newDirectory(), 'store'), '100']
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(JSON.parse(stdout)).toEqual({ records: 400, missing: 0, damage: [] })
  })
})
