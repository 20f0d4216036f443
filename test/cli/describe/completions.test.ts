import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../../src/cli/program/program.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'
import { fakeContext } from '../fake-context.ts'

async function scriptFor(shell: string): Promise<string> {
  const fake = fakeContext({ cwd: temporaryDirectory() })
  expect(await main(['completions', shell], fake.context)).toBe(0)
  const path = join(temporaryDirectory(), `completions.${shell}`)
  writeFileSync(path, fake.stdout())
  return path
}

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0
}

function outputOf(program: string, args: readonly string[], cwd = temporaryDirectory()): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  return stdout
}

describe('reprise completions', () => {
  it('completes commands, flags, values and files in bash', async () => {
    const script = await scriptFor('bash')
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, 'my job'), '')
    const call = `source "$0"; COMP_WORDS=(reprise "$@"); COMP_CWORD=$#; _reprise; printf '%s\\n' "\${COMPREPLY[@]}"`
    const offered = (...typed: readonly string[]) =>
      outputOf('bash', ['-c', call, script, ...typed], cwd)
        .trimEnd()
        .split('\n')
    expect(offered('cac')).toEqual(['cache'])
    expect(offered('cache', 'g')).toEqual(['gc'])
    expect(offered('cache', 'gc', '--max-')).toEqual(['--max-size', '--max-age'])
    expect(offered('run', 'subt')).toEqual(['subtitles'])
    expect(offered('run', '--device', 'c')).toEqual(['cpu', 'cuda'])
    expect(offered('graph', '--format', '')).toEqual(['mermaid', 'dot', 'text'])
    expect(offered('run', '--job', 'my')).toEqual(['my job'])
  })

  it.skipIf(!isInstalled('fish'))('completes in fish', async () => {
    const call = `source ${await scriptFor('fish')}; complete -C 'reprise cache g'; complete -C 'reprise run --dev'`
    expect(outputOf('fish', ['-c', call])).toMatch(/^gc\tRemoves results .*\n--device\t/)
  })

  it.skipIf(!isInstalled('zsh'))('is valid for zsh', async () => {
    outputOf('zsh', ['-n', await scriptFor('zsh')])
  })

  it('knows its shells', async () => {
    const fake = fakeContext({ cwd: temporaryDirectory() })
    expect(await main(['completions', 'bsh'], fake.context)).toBe(2)
    expect(fake.stderr()).toMatch(/did you mean 'bash'/)
  })
})
