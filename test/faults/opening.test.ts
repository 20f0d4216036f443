import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { newDirectory } from '../store/fixtures.ts'

describe('a store that is opened while another process commits', () => {
  it('loses nothing when that sets back from which transaction the next one starts', async () => {
    const here = import.meta.dirname
    const script = join(here, 'scripts', 'set-back.ts')
    const args = ['--import', 'jiti/register', script, join(newDirectory(), 'store'), '100']
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: dirname(dirname(here)) })
    expect(JSON.parse(stdout)).toEqual({ records: 400, missing: 0, damage: [] })
  })
})
