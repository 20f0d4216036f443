import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from '../rig/command.ts'
import { canMount, mountSmallDisk } from '../rig/small-disk.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

it('lets what listens for the end of the process finish what it then begins', async () => {
  const cwd = temporaryDirectory()
  const config = `
    process.once('beforeExit', () => setImmediate(() => console.log('exported')))
    export default { pipelines: [] }
  `
  writeFileSync(join(cwd, 'reprise.config.ts'), config)
  const { exitCode, stdout } = await runCommand(['list', 'subtitles'], { cwd })
  expect({ exitCode, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({ exitCode: 0, last: 'exported' })
})

it('does not end well where a pipeline ends the program before its command is done', async () => {
  const cwd = temporaryDirectory()
  const config = `
    import { defineConfig, definePipeline } from 'reprise'
    import { z } from 'zod'
    export default defineConfig({ pipelines: [definePipeline({
      name: 'ending', inputs: {}, params: z.object({}), build: () => process.exit(0),
    })] })
  `
  writeFileSync(join(cwd, 'reprise.config.ts'), config)
  const env = { REPRISE_STORE: join(cwd, 'store') }
  const { exitCode, stderr } = await runCommand(['run', 'ending'], { cwd, env })
  expect(stderr).toMatch(
    /the code of a pipeline ended the program with process\.exit\(0\), before the command was done/,
  )
  expect(exitCode).toBe(1)
})

it.skipIf(!canMount)('tells a step whose directory cannot be written from a mistake in the command line', async () => {
  const cwd = temporaryDirectory()
  const { dir } = mountSmallDisk(1_000_000)
  const config = `
    import { appendFileSync, writeFileSync } from 'node:fs'
    import { defineConfig, definePipeline, defineStage } from 'reprise'
    import { z } from 'zod'

    const fill = defineStage({
      name: 'fill', version: 1, inputs: {}, params: z.object({}), outputs: { text: 'text.txt' },
      run({ outputs }) {
        writeFileSync(outputs.text, 'whole')
        try {
          for (;;) appendFileSync('${join(dir, 'filling')}', Buffer.alloc(4096))
        } catch {}
      },
    })
    export default defineConfig({ pipelines: [definePipeline({
      name: 'filling', inputs: {}, params: z.object({}), build: ({ step }) => step(fill, {}),
    })] })
  `
  writeFileSync(join(cwd, 'reprise.config.ts'), config)
  const env = { REPRISE_STORE: join(cwd, 'store') }
  const { exitCode, stderr } = await runCommand(['run', 'filling', '--job', join(dir, 'job')], { cwd, env })
  expect(stderr).toMatch(/FAILED .*job directory .*the disk is full; free some space/)
  expect(exitCode).toBe(1)
})
