import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { main } from '../../../src/cli/program/program.ts'
import { fakeContext } from '../fake-context.ts'

async function list(...args: readonly string[]) {
  const fake = fakeContext({ cwd: '/' })
  const exitCode = await main(['list', ...args], fake.context)
  return { exitCode, stdout: fake.stdout(), stderr: fake.stderr() }
}

describe('the schema of params', () => {
  it('takes what the pipeline takes, and nothing else', async () => {
    const { exitCode, stdout } = await list('subtitles', '--schema')
    expect(exitCode).toBe(0)
    const takes = new Ajv2020({ strict: false }).compile(JSON.parse(stdout))
    expect(takes({ to: ['es'], language: 'en', strict: true })).toBe(true)
    expect(takes({ strict: 'perhaps' })).toBe(false)
    expect(takes({ to: 'es' })).toBe(false)
  })

  it('is that of one pipeline', async () => {
    expect(await list('--schema')).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('name one'),
    })
    expect(await list('subtitels', '--schema')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('subtitles'),
    })
  })
})
