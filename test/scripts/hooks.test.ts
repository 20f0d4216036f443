import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
let clone: string

/** A program that writes its name and arguments to `calls`, and fails where a file `fails-NAME` exists. */
function stub(path: string): void {
  const name = path.split('/').at(-1)
  mkdirSync(dirname(join(clone, path)), { recursive: true })
  writeFileSync(
    join(clone, path),
    `#!/bin/sh\necho "${name} $*" >> "${clone}/calls"\n[ ! -e "${clone}/fails-${name}" ]\n`,
  )
  chmodSync(join(clone, path), 0o755)
}

function git(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('git', args, {
    cwd: clone,
    encoding: 'utf8',
    env: {
      PATH: `${join(clone, 'bin')}:${process.env.PATH}`,
      HOME: clone,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@localhost',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@localhost',
    },
  })
  return { status, said: `${stdout}${stderr}` }
}

/** Commits a file and returns the checks that ran. */
function commit(path: string, text: string) {
  rmSync(join(clone, 'calls'), { force: true })
  mkdirSync(dirname(join(clone, path)), { recursive: true })
  writeFileSync(join(clone, path), text)
  git('add', path)
  const { status, said } = git('commit', '-m', 'change')
  const calls = existsSync(join(clone, 'calls')) ? readFileSync(join(clone, 'calls'), 'utf8').trim().split('\n') : []
  return { status, said, checks: calls.map((call) => call.split(' ')[0]) }
}

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'hooks-'))
  cpSync(join(root, 'scripts/hooks'), join(clone, 'scripts/hooks'), { recursive: true })
  for (const script of ['shellcheck.sh', 'types.sh'])
    cpSync(join(root, 'scripts', script), join(clone, 'scripts', script))
  for (const path of ['node_modules/.bin/biome', 'node_modules/.bin/tsc', 'bin/shellcheck']) stub(path)
  const { scripts }: { scripts: { hooks: string } } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  git('init', '-q')
  git(...scripts.hooks.split(' ').slice(1))
})
afterEach(() => rmSync(clone, { recursive: true, force: true }))

it('checks what is staged by what it is', () => {
  expect(commit('notes.md', 'a note\n')).toMatchObject({ status: 0, checks: ['biome'] })
  expect(commit('src/a.ts', 'export const a = 1\n')).toMatchObject({ status: 0, checks: ['biome', 'tsc'] })
  expect(commit('scripts/a.sh', 'echo a\n')).toMatchObject({ status: 0, checks: ['biome', 'shellcheck'] })
})

it.each([
  ['biome', 'notes.md', 'lint'],
  ['tsc', 'src/a.ts', 'types'],
  ['shellcheck', 'scripts/a.sh', 'shellcheck'],
])('refuses a commit where %s fails', (program, path, title) => {
  writeFileSync(join(clone, `fails-${program}`), '')
  const { status, said } = commit(path, 'x\n')
  expect(status).not.toBe(0)
  expect(said).toContain(`pre-commit: failed: ${title}`)
})

it('has shellcheck look at every shell script', () => {
  commit('deep/er/a.sh', 'echo a\n')
  const looked = readFileSync(join(clone, 'calls'), 'utf8')
  for (const script of ['deep/er/a.sh', 'scripts/shellcheck.sh', 'scripts/hooks/pre-commit']) {
    expect(looked).toContain(`./${script}`)
  }
})

it('fails where there is no shellcheck', () => {
  const bin = join(clone, 'few')
  mkdirSync(bin)
  symlinkSync('/usr/bin/dirname', join(bin, 'dirname'))
  const { status, stderr } = spawnSync('/bin/sh', ['scripts/shellcheck.sh'], {
    cwd: clone,
    encoding: 'utf8',
    env: { PATH: bin },
  })
  expect(status).toBe(3)
  expect(stderr).toContain('apt-get install shellcheck')
})
