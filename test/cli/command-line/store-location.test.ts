import { describe, expect, it } from 'vitest'
import { storeDir, storeDirOfJob, storeDirOfRun } from '../../../src/cli/command-line/store-location.ts'
import { executedSteps } from '../../rig/command.ts'
import { controlledPipeline, createControl } from '../../rig/controlled-stage.ts'
import { createWorkbench } from '../../rig/workbench.ts'
import { makeOwnPipeline } from '../own-pipeline.ts'

it.each([
  ['the flag, from the current directory', 'mine', { REPRISE_STORE: '/other' }, '/cwd/mine'],
  ['the environment', undefined, { REPRISE_STORE: 'other' }, '/cwd/other'],
])('is said by %s', async (_name, flag, env, dir) => expect(await storeDir(flag, { cwd: '/cwd', env })).toBe(dir))

it('is one a user in the cache directory otherwise', async () => {
  expect(await storeDir(undefined, { cwd: '/cwd', env: { REPRISE_STORE: '' } })).toMatch(/^\/.*reprise.*\/store$/)
})

it('of a job that was run is the one that it was run with', async () => {
  const { run, store, jobDir } = await createWorkbench()
  await run(controlledPipeline(createControl(), {}))
  const places = { cwd: '/cwd', env: { REPRISE_STORE: '/other' } }
  const unset = { cwd: '/cwd', env: {} }
  expect(await storeDirOfJob(jobDir, undefined, places)).toBe(store.dir)
  expect(await storeDirOfJob(jobDir, 'mine', places)).toBe('/cwd/mine')
  expect(await storeDirOfRun(jobDir, undefined, unset)).toBe(store.dir)
  expect(await storeDirOfRun(jobDir, undefined, places)).toBe('/other')
  expect(await storeDirOfRun('/no/job', undefined, unset)).toBe(await storeDir(undefined, unset))
})

/** Makes a process the one of a user whom the system does not know: what Node does then, done by every Node. */
const homeless = `--import=data:text/javascript,${encodeURIComponent(`
  import os from 'node:os'
  import { syncBuiltinESMExports } from 'node:module'
  os.homedir = () => {
    throw Object.assign(new Error('uv_os_homedir returned ENOENT'), { code: 'ERR_SYSTEM_ERROR', syscall: 'uv_os_homedir' })
  }
  syncBuiltinESMExports()
`)}`

describe('a user without a home directory', () => {
  const env = { NODE_OPTIONS: homeless, REPRISE_STORE: undefined }

  it.each([
    ['run', 'echoes', 'in.txt'],
    ['run', 'echoes', 'in.txt', '--detach'],
    ['jobs', 'list'],
    ['cache', 'path'],
    ['cache', 'stats'],
  ])('is asked where the store is to be: %s %s', async (...args) => {
    const { run } = makeOwnPipeline(env)
    const { exitCode, stdout, stderr } = await run(...args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' })
    expect(stderr).toMatch(/^reprise[a-z ]*: this user has no home directory .* with --store DIR or REPRISE_STORE\n$/)
  })

  it('has all the rest without one, and everything with it', async () => {
    const { run } = makeOwnPipeline(env)
    expect(await run('list', 'echoes')).toMatchObject({ exitCode: 0, stderr: '' })
    const examined = await run('doctor', 'echoes', '--json')
    expect(examined.exitCode).toBe(4)
    expect(JSON.parse(examined.stdout)).toMatchObject({
      store: { problem: expect.stringContaining('no home directory') },
      tools: [{ name: 'bash', version: expect.any(String) }],
    })

    const ran = await run('run', 'echoes', 'in.txt', '--json', '--store', 'here')
    expect([ran.exitCode, executedSteps(ran.stdout)]).toEqual([0, ['echo/1', 'echo/2', 'join', 'shout']])
    const again = await run('run', '--job', 'echoes-in', '--json')
    expect([again.exitCode, executedSteps(again.stdout)]).toEqual([0, []])
    expect((await run('jobs', 'show', 'echoes-in')).stdout).toContain('nothing left to do')
  })
})
