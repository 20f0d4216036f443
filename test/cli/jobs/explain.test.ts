import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeOwnPipeline } from '../own-pipeline.ts'

it.each(['explain', 'status', 'jobs show'])(
  'tells of every step of a pipeline whose config is elsewhere: %s',
  async (command) => {
    const { dir, run } = makeOwnPipeline()
    renameSync(join(dir, 'reprise.config.ts'), join(dir, 'own.ts'))
    await run('run', 'echoes', 'in.txt', '--job', 'J', '--to', 'shout', '--config', 'own.ts')
    const told = await run(...command.split(' '), 'J', '--config', 'own.ts')
    expect(told).toMatchObject({ exitCode: 0, stderr: '' })
    expect(told.stdout).toMatch(/^shout +(MISS|done)[\s\S]*^echo\/1 .*[\s\S]*^join .*not /m)
  },
)

it('names the steps that there are without their items, of which there may be thousands', async () => {
  const { run } = makeOwnPipeline()
  await run('run', 'echoes', 'in.txt', '--job', 'J')
  const { exitCode, stderr } = await run('explain', 'J', 'mux')
  expect([exitCode, stderr]).toEqual([2, "reprise explain: unknown step 'mux' (valid: shout, echo, join)\n"])
})

it('says of a step that is running no more than why', async () => {
  const { run, start } = makeOwnPipeline()
  const running = start('run', 'echoes', 'in.txt', '--json', '-p', 'how=stubborn', '-p', 'times=1')
  await running.line((line) => line.includes('stage_progress'))
  const explained = await run('explain', 'echoes-in')
  expect(explained.stdout).toMatch(/^shout +MISS +never run\necho\/1 +MISS +never run\njoin +- +not run yet\n$/)
})
