import { writeFileSync } from 'node:fs'
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

  it('lists a tool of another param that is not installed, and misses nothing', async () => {
    const dir = temporaryDirectory()
    writeFileSync(
      join(dir, 'reprise.config.ts'),
      `import { defineConfig, definePipeline, defineStage, defineTool } from 'reprise'
       import { z } from 'zod'
       const tool = (command: string) => defineTool({ name: command, command, version: { args: ['--version'], parse: (text) => text.trim().split('\\n')[0] }, install: {} })
       const run = defineStage({
         name: 'run', version: 1, params: z.object({ by: z.string() }), outputs: { out: 'out' },
         toolsFor: ({ by }) => [tool(by === 'mine' ? 'bash' : 'no-such-program')],
         run() {},
       })
       export default defineConfig({ pipelines: [definePipeline({
         name: 'runs', params: z.object({ by: z.enum(['mine', 'yours']).default('mine') }),
         build: ({ step, params }) => step(run, {}, { params }),
       })] })`,
    )
    const fake = fakeContext({ cwd: dir })
    expect(await main(['doctor', 'runs', '--store', join(dir, 'store')], fake.context)).toBe(0)
    expect(fake.stdout()).toMatch(/^bash +ok +.* for runs$/m)
    expect(fake.stdout()).toMatch(/^no-such-program +not installed +for runs with by=yours$/m)
    expect(fake.stdout()).toContain('all tools found')
  })
})
