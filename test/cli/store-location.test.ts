import { expect, it } from 'vitest'
import { storeDir } from '../../src/cli/store-location.ts'

it.each([
  ['the flag, from the current directory', 'mine', { REPRISE_STORE: '/other' }, '/cwd/mine'],
  ['the environment', undefined, { REPRISE_STORE: 'other' }, '/cwd/other'],
])('is said by %s', (_name, flag, env, dir) => expect(storeDir(flag, { cwd: '/cwd', env })).toBe(dir))

it('is one a user in the cache directory otherwise', () => {
  expect(storeDir(undefined, { cwd: '/cwd', env: { REPRISE_STORE: '' } })).toMatch(/^\/.*reprise.*\/store$/)
})
