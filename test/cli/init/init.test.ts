import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { templates } from '../../../src/cli/init/templates.ts'
import { executedSteps, runCommand } from '../../rig/command.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

function bench() {
  const dir = temporaryDirectory()
  return { dir, cli: (...args: readonly string[]) => runCommand(args, { cwd: dir }) }
}

describe('reprise init', () => {
  it('writes a pipeline that runs as it is, and computes nothing twice', async () => {
    const { dir, cli } = bench()
    const made = await cli('init')
    expect([made.exitCode, made.stdout]).toEqual([
      0,
      expect.stringMatching(/^wrote \.\/reprise\.config\.ts: counts the/),
    ])
    writeFileSync(join(dir, 'text.txt'), 'one two two')
    const run = ['run', 'words', 'text.txt', '--job', 'job', '--store', 'store', '--json']
    expect(executedSteps((await cli(...run)).stdout)).toEqual(['count'])
    expect(JSON.parse(readFileSync(join(dir, 'job/01_count/words.json'), 'utf8'))).toEqual({ one: 1, two: 2 })
    expect(executedSteps((await cli(...run)).stdout)).toEqual([])
  })

  it.each([...templates.keys()])('writes the template %s, whose pipeline is listed', async (name) => {
    const { cli } = bench()
    expect((await cli('init', name, '--dir', 'a/b')).exitCode).toBe(0)
    const listed = await cli('list', '--config', 'a/b/reprise.config.ts')
    expect([listed.exitCode, listed.stderr]).toEqual([0, ''])
    for (const line of templates.get(name)?.tries ?? []) {
      const pipeline = /^reprise run (\S+)/.exec(line)?.[1]
      expect(pipeline ?? name).toBe(name)
      if (pipeline !== undefined) expect(listed.stdout).toMatch(new RegExp(`^${pipeline} `, 'm'))
    }
  })

  it('writes a pipeline for recordings that says what is wrong with one', async () => {
    const { dir, cli } = bench()
    await cli('init', 'recordings')
    mkdirSync(join(dir, 'june'))
    writeFileSync(join(dir, 'june/broken.wav'), 'not a recording')
    const { exitCode, stderr } = await cli('run', 'recordings', 'june', '--store', 'store')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/FAILED +ffmpeg exited with code \d+: .*(?:Invalid data|invalid)/i)
  })

  it('overwrites nothing, and knows its templates', async () => {
    const { dir, cli } = bench()
    writeFileSync(join(dir, 'reprise.config.mjs'), 'export default {}')
    const refused = await cli('init')
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/reprise\.config\.mjs is there already/),
    ])
    const nowhere = await cli('init', '--dir', '/proc/none/of/it')
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([1, expect.stringMatching(/cannot write .*ENOENT/)])
    const unknown = await cli('init', 'record')
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      2,
      expect.stringMatching(/valid: words, recordings, transcript/),
    ])
  })
})
