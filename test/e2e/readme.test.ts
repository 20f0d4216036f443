import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { executedSteps, runCommand, runProgram } from '../rig/command.ts'
import { temporaryDirectory } from '../rig/workbench.ts'

const readme = readFileSync(resolve(import.meta.dirname, '../../README.md'), 'utf8')

it("runs the README's own pipeline from a folder that has nothing but it", async () => {
  const dir = temporaryDirectory()
  const config = /```ts\n(import \{ defineConfig[\s\S]*?)```/.exec(readme)?.[1]
  writeFileSync(join(dir, 'reprise.config.ts'), config ?? '')
  await runProgram('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=duration=1', join(dir, 'call.wav')], dir)
  const run = (targets: string) =>
    runCommand(
      ['run', 'levels', 'call.wav', '-p', `targetsDb=${targets}`, '--job', 'leveled', '--store', 'store', '--json'],
      { cwd: dir },
    )
  const first = await run('-20,-14')
  expect(first.exitCode, first.stderr).toBe(0)
  expect(executedSteps(first.stdout)).toEqual(['level/-14', 'level/-20', 'measure'])
  const more = await run('-20,-14,-9')
  expect(more.exitCode, more.stderr).toBe(0)
  expect(executedSteps(more.stdout)).toEqual(['level/-9'])
})
