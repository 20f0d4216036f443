import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand } from '../rig/command.ts'
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
