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

it('says of a step that is running no more than why', async () => {
  const { run, start } = makeOwnPipeline()
  const running = start('run', 'echoes', 'in.txt', '--json', '-p', 'how=stubborn', '-p', 'times=1')
  await running.line((line) => line.includes('stage_progress'))
  const explained = await run('explain', 'echoes-in')
  expect(explained.stdout).toMatch(/^shout +MISS +never run\necho\/1 +MISS +never run\njoin +- +not run yet\n$/)
})
