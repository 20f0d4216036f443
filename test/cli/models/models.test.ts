import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../../src/cli/program/program.ts'
import { models } from '../../../src/models/index.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { fakeContext } from '../fake-context.ts'

async function reprise(home: string, ...args: readonly string[]) {
  const { context, stdout, stderr } = fakeContext({ cwd: home, env: { REPRISE_MODELS: home } })
  return { exitCode: await main(['models', ...args], context), stdout: stdout(), stderr: stderr() }
}

describe('reprise models', () => {
  it('lists every model with its licence, whether it is installed, and where', async () => {
    const home = temporaryDirectory()
    const { exitCode, stdout } = await reprise(home, 'list')
    expect(exitCode).toBe(0)
    expect(stdout).toContain(home)
    for (const { name, licence } of models) {
      expect(stdout).toMatch(
        new RegExp(`^${name.replaceAll('.', '\\.')} +not installed .*${licence.replaceAll(/[()]/g, '\\$&')}$`, 'm'),
      )
    }
  })

  it('lists the same as JSON, with sources and digests', async () => {
    const { stdout } = await reprise(temporaryDirectory(), 'list', '--json')
    const listed: unknown = JSON.parse(stdout)
    expect(listed).toMatchObject({
      models: models.map(({ name, sources }) => ({ name, sources: sources.map(({ sha256 }) => ({ sha256 })) })),
    })
  })

  it('says how to install a model that is not there', async () => {
    const { exitCode, stderr } = await reprise(temporaryDirectory(), 'path', 'whisper-base')
    expect(exitCode).toBe(3)
    expect(stderr).toBe(
      'reprise models path: whisper-base is not installed; install it with: reprise models install whisper-base\n',
    )
  })

  it('prints the directory of models', async () => {
    const home = temporaryDirectory()
    expect(await reprise(home, 'path')).toEqual({ exitCode: 0, stdout: `${home}\n`, stderr: '' })
  })

  it.each(['install', 'remove', 'path'])('%s refuses a name that no model has', async (verb) => {
    const { exitCode, stderr } = await reprise(temporaryDirectory(), verb, 'whisper-huge')
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`there is no model 'whisper-huge' (models: ${models.map(({ name }) => name).join(', ')})`)
  })

  it('refuses a file that is another one, before it fetches anything', async () => {
    const home = join(temporaryDirectory(), 'models')
    mkdirSync(home)
    const file = join(temporaryDirectory(), 'ggml.bin')
    writeFileSync(file, 'not the model')
    const { exitCode, stderr } = await reprise(home, 'install', 'whisper-base', '--from', file)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`${file} is not whisper-base: its SHA-256 is`)
    expect(readdirSync(home)).toEqual([])
  })

  it('takes one file for one model', async () => {
    const { exitCode, stderr } = await reprise(
      temporaryDirectory(),
      'install',
      'whisper-base',
      'silero-vad',
      '--from',
      'x',
    )
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--from FILE is for one model')
  })
})

it('names for each model a licence, sources with digests, and of its runtime a package for each system', () => {
  for (const { licence, sources, runtime } of models) {
    expect(licence).toMatch(/^[A-Z]/)
    expect(sources.length).toBeGreaterThan(0)
    for (const { sha256, sizeBytes } of [...sources, ...(runtime?.packages ?? [])]) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(sizeBytes).toBeGreaterThan(0)
    }
    for (const system of runtime?.systems ?? []) {
      expect(runtime?.packages.some((one) => one.system === undefined || one.system === system)).toBe(true)
    }
  }
})
