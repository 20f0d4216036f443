import { expect, it } from 'vitest'
import { storeDir, storeDirOfJob, storeDirOfRun } from '../../src/cli/store-location.ts'
import { controlledPipeline, createControl } from '../rig/controlled-stage.ts'
import { createWorkbench } from '../rig/workbench.ts'

it.each([
  ['the flag, from the current directory', 'mine', { REPRISE_STORE: '/other' }, '/cwd/mine'],
  ['the environment', undefined, { REPRISE_STORE: 'other' }, '/cwd/other'],
])('is said by %s', (_name, flag, env, dir) => expect(storeDir(flag, { cwd: '/cwd', env })).toBe(dir))

it('is one a user in the cache directory otherwise', () => {
  expect(storeDir(undefined, { cwd: '/cwd', env: { REPRISE_STORE: '' } })).toMatch(/^\/.*reprise.*\/store$/)
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
  expect(await storeDirOfRun('/no/job', undefined, unset)).toBe(storeDir(undefined, unset))
})
