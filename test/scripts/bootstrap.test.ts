import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** What the script may use of the system; everything else it finds is a stub. */
const systemPrograms = ['sh', 'dirname', 'find', 'head', 'cat', 'touch', 'mkdir', 'mv', 'rm', 'env']
const mediaPrograms = ['ffmpeg', 'ffprobe', 'flite', 'espeak-ng', 'sox', 'pocketsphinx_continuous', 'apertium']

let root: string
let bin: string

/** Puts a program on the script's PATH: a stub that writes its arguments to `calls` and then does `body`. */
function stub(name: string, body = ''): void {
  const path = join(bin, name)
  writeFileSync(path, `#!/bin/sh\necho "${name} $*" >> "${join(root, 'calls')}"\n${body}\n`)
  chmodSync(path, 0o755)
}

function write(path: string, ageS: number, content = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
  const at = Date.now() / 1000 - ageS
  utimesSync(join(root, path), at, at)
}

function bootstrap(): { exitCode: number | null; said: string; calls: string[] } {
  rmSync(join(root, 'calls'), { force: true })
  const { status, stderr, stdout } = spawnSync('/bin/sh', [join(root, 'scripts/bootstrap.sh')], {
    env: { PATH: bin },
    cwd: '/',
    encoding: 'utf8',
  })
  const calls = existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trimEnd().split('\n') : []
  return {
    exitCode: status,
    said: `${stdout}${stderr}`,
    calls: calls.filter((call) => !/^(node --version|id -u|npm ping .*|python3 -c .*)$/.test(call)),
  }
}

beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), 'bootstrap-')), "it's a clone")
  bin = join(root, 'bin')
  mkdirSync(bin, { recursive: true })
  mkdirSync(join(root, 'scripts'))
  cpSync('scripts/bootstrap.sh', join(root, 'scripts/bootstrap.sh'))
  for (const name of systemPrograms) {
    const { stdout } = spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' })
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${stdout.trim()} "$@"\n`)
    chmodSync(join(bin, name), 0o755)
  }
  // The build's stub makes what tsdown makes, where it is told to.
  stub('node', `case $1 in\n--version) echo v20.19.0 ;;\n*) mkdir -p "$3" && : > "$3/cli.js" ;;\nesac`)
  stub('npm', `mkdir -p node_modules && : > node_modules/.package-lock.json`)
  stub('id', 'echo 1000')
  const forTests = ['b3sum', 'strace', 'shellcheck', 'nginx', 'python3', 'chromium', 'pip3']
  const forWorkers = ['redis-server', 'slurmctld', 'slurmd', 'sbatch', 'munged']
  for (const name of [...mediaPrograms, ...forTests, ...forWorkers]) stub(name)
  write('package-lock.json', 100)
  const config = ['package.json', 'tsconfig.json', 'tsdown.config.ts', 'scripts/bundling.mjs']
  for (const path of ['store/a.ts', 'src/a.ts', 'stages/a.ts', ...config]) write(path, 90)
  for (const dir of ['store', 'src', 'stages'])
    utimesSync(join(root, dir), Date.now() / 1000 - 90, Date.now() / 1000 - 90)
  write('node_modules/.package-lock.json', 80)
  write('dist/cli.js', 70)
  write('a model', 60)
  write('node_modules/.cache/reprise/model', 60, join(root, 'a model'))
})

afterEach(() => {
  rmSync(dirname(root), { recursive: true, force: true })
})

describe('bootstrap', () => {
  it('says and does nothing when nothing is to do', () => {
    expect(bootstrap()).toEqual({ exitCode: 0, said: '', calls: [] })
  })

  it('refuses a Node that is too old, and says which is needed', () => {
    for (const version of ['v18.20.4', 'v20.18.3']) {
      stub('node', `echo ${version}`)
      const { exitCode, said } = bootstrap()
      expect(exitCode).toBe(1)
      expect(said).toContain(`Node ${version.slice(1)} is too old: 20.19 or newer is needed`)
    }
  })

  it('takes a newer Node', () => {
    stub('node', 'echo v24.0.0')
    expect(bootstrap().exitCode).toBe(0)
  })

  it('installs the packages of a lock file that changed, and builds again', () => {
    write('package-lock.json', 10)
    expect(bootstrap().calls).toEqual([
      'npm ci --no-audit --no-fund --loglevel=error',
      expect.stringContaining('node node_modules/tsdown/dist/run.mjs --out-dir'),
    ])
    expect(bootstrap().calls).toEqual([])
  })

  it('installs the same packages where npm ci refuses the lock file', () => {
    rmSync(join(root, 'node_modules'), { recursive: true })
    stub('npm', `[ "$1" = ci ] && exit 1\nmkdir -p node_modules && : > node_modules/.package-lock.json`)
    const { exitCode, calls } = bootstrap()
    expect(exitCode).toBe(0)
    expect(calls[1]).toBe('npm install --no-save --no-audit --no-fund --loglevel=error')
  })

  it('says that there is no network, unless npm has all that it takes', () => {
    rmSync(join(root, 'node_modules'), { recursive: true })
    stub('npm', `case $1 in\nping) echo 'npm error code EAI_AGAIN' >&2; exit 1 ;;\n*) exit 1 ;;\nesac`)
    const { exitCode, said, calls } = bootstrap()
    expect(exitCode).toBe(1)
    expect(said).toContain("npm's registry cannot be reached")
    expect(calls).toEqual(['npm ci --offline --no-audit --no-fund --loglevel=silent'])
    stub(
      'npm',
      `[ "$1" = ping ] && { echo ENOTFOUND >&2; exit 1; }\nmkdir -p node_modules && : > node_modules/.package-lock.json`,
    )
    expect(bootstrap().exitCode).toBe(0)
  })

  it('installs from a registry that knows no ping', () => {
    rmSync(join(root, 'node_modules'), { recursive: true })
    stub(
      'npm',
      `[ "$1" = ping ] && { echo E404 >&2; exit 1; }\nmkdir -p node_modules && : > node_modules/.package-lock.json`,
    )
    const { exitCode, calls } = bootstrap()
    expect(exitCode).toBe(0)
    expect(calls[0]).toBe('npm ci --no-audit --no-fund --loglevel=error')
  })

  it('builds again when a source is newer, or what the build is made with, and when one was deleted', () => {
    for (const path of ['scripts/bundling.mjs', 'src/a.ts']) {
      utimesSync(join(root, 'dist/cli.js'), Date.now() / 1000 - 60, Date.now() / 1000 - 60)
      write(path, 5)
      expect(bootstrap().calls).toHaveLength(1)
      expect(bootstrap().calls).toEqual([])
      write(path, 90)
    }
    utimesSync(join(root, 'dist/cli.js'), Date.now() / 1000 - 60, Date.now() / 1000 - 60)
    rmSync(join(root, 'stages/a.ts'))
    expect(bootstrap().calls).toHaveLength(1)
  })

  it('keeps the old build when the new one fails', () => {
    write('src/a.ts', 5)
    stub('node', `case $1 in\n--version) echo v22.1.0 ;;\n*) echo 'a mistake in a.ts'; exit 1 ;;\nesac`)
    const { exitCode, said } = bootstrap()
    expect(exitCode).toBe(1)
    expect(said).toContain('a mistake in a.ts')
    expect(existsSync(join(root, 'dist/cli.js'))).toBe(true)
  })

  it('says what to install, and how, where it may not install', () => {
    rmSync(join(bin, 'sox'))
    rmSync(join(bin, 'strace'))
    const { exitCode, said, calls } = bootstrap()
    expect(exitCode).toBe(1)
    expect(calls).toEqual([])
    expect(said).toMatch(/needed and not installed:.* sox/)
    for (const system of ['Debian', 'Fedora', 'macOS']) expect(said).toContain(system)
    expect(said).toMatch(/sudo apt-get install -y .*sox.* strace/)
  })

  it('installs what is missing with apt-get as root, its lists first and without questions', () => {
    rmSync(join(bin, 'sox'))
    stub('id', 'echo 0')
    stub(
      'apt-get',
      `[ "$DEBIAN_FRONTEND" = noninteractive ] || exit 1\ncase "$*" in *install*sox*) : > "${join(bin, 'sox')}"; chmod +x "${join(bin, 'sox')}" ;; esac`,
    )
    stub('chmod', `exec /bin/chmod "$@"`)
    const { calls, said } = bootstrap()
    const [update, install] = calls.filter((call) => call.startsWith('apt-get'))
    expect(update).toMatch(/ update$/)
    expect(install).toMatch(/ install -y --no-install-recommends .*sox/)
    expect(said).toContain('installing with apt-get')
  })

  it('goes on without an optional tool that cannot be had, and asks for it once', () => {
    for (const name of ['b3sum', 'strace', 'shellcheck', 'redis-server']) rmSync(join(bin, name))
    stub('id', 'echo 0')
    stub('apt-get', 'exit 100')
    const first = bootstrap()
    expect(first.said).toContain('optional: b3sum strace shellcheck redis-server')
    expect(first.exitCode).toBe(0)
    expect(bootstrap()).toEqual({ exitCode: 0, said: '', calls: [] })
  })

  describe('without the model', () => {
    const install = 'node dist/cli.cjs models install whisper-tiny.en'

    beforeEach(() => rmSync(join(root, 'a model')))

    it('installs it, and remembers where it is', () => {
      const file = join(root, 'another model')
      stub('node', `case "$*" in\n--version) echo v20.19.0 ;;\n*path*) : > "${file}"; echo "${file}" ;;\nesac`)
      expect(bootstrap().calls).toEqual([install, 'node dist/cli.cjs models path whisper-tiny.en'])
      expect(bootstrap()).toEqual({ exitCode: 0, said: '', calls: [] })
    })

    it('goes on where it cannot be had, says so, and does not try at every call', () => {
      stub('node', `case "$*" in\n--version) echo v20.19.0 ;;\n*) exit 3 ;;\nesac`)
      const { exitCode, said, calls } = bootstrap()
      expect(exitCode).toBe(0)
      expect(said).toContain('whisper-tiny.en is not installed, so pocketsphinx recognizes speech')
      expect(calls).toEqual([install])
      expect(bootstrap()).toEqual({ exitCode: 0, said: '', calls: [] })
    })
  })
})
