import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../../src/cli/program/program.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { fakeContext } from '../fake-context.ts'

describe('reprise doctor', () => {
  it('prints for an issue the versions, and no path and no name of anybody', async () => {
    const dir = temporaryDirectory()
    const doctor = async (...flags: readonly string[]) => {
      const fake = fakeContext({ cwd: dir })
      await main(['doctor', 'subtitles', '--store', join(dir, 'store'), ...flags], fake.context)
      return fake.stdout()
    }
    const block = await doctor('--issue')
    expect(block).toMatch(
      /^<details>[\s\S]*\| node \| v\d+[\s\S]*\| system \| \w+ [\s\S]*\| ffmpeg \| [\s\S]*<\/details>\n$/,
    )
    expect(block).not.toMatch(/\/(home|root|tmp|usr)\b/)
    expect(await doctor()).toMatch(/^store +\S+store, \S+ \wB free on its disk$/m)
  })
})
