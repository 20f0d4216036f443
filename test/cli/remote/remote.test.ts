import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandPath } from '../../rig/command.ts'
import { makeOwnPipeline } from '../own-pipeline.ts'

const team = './team'
const dist = dirname(commandPath)

/** A folder with a pipeline, a key of its own, and an empty directory for the team. */
function place(env: Readonly<Record<string, string>> = {}) {
  const own = makeOwnPipeline({ XDG_CONFIG_HOME: './config', REPRISE_REMOTE: team, CI: '', ...env })
  mkdirSync(join(own.dir, team))
  const path = (...names: string[]) => join(own.dir, ...names)
  return { ...own, path, run: (line: string) => own.run(...line.split(' ')) }
}

describe("a team's cache on the command line", () => {
  it('carries results from one store to another, and every command tells where they came from', async () => {
    const { run, path } = place()
    const made = await run('remote keygen')
    expect(made.stdout).toMatch(/ed25519:[\w-]{43}/)
    expect(statSync(path('config/reprise/signing-key.pem')).mode & 0o077).toBe(0)
    expect((await run('remote keygen')).stderr).toContain('a key is there already')
    const checked = await run('remote check')
    expect([checked.exitCode, checked.stdout]).toEqual([0, expect.stringMatching(/writes +ok +into main/)])

    const first = await run('run echoes in.txt')
    expect(first.stderr).toMatch(/sent 4 results .* to .*team/)
    const second = 'run echoes in.txt --store ./store-2 --job two'
    const predicted = await run(`${second} --dry-run`)
    expect(predicted.stdout).toMatch(/shout .* HIT .* from .*team/)
    const fetched = await run(second)
    expect(fetched.stderr).toMatch(/shout +SKIPPED +from .*team \(main\), 6 B in/)
    expect(fetched.stderr).toContain('0 executed, 4 hits')
    expect((await run('explain two --store ./store-2')).stdout).toMatch(/shout +HIT +from .*team \(main\)/)
    expect((await run('cache inspect two shout --store ./store-2')).stdout).toMatch(/from +.*team \(main\)/)
    expect((await run('report two --markdown --store ./store-2')).exitCode).toBe(0)
    const alone = await run('run echoes in.txt --store ./store-3 --job three --no-remote')
    expect(alone.stderr).toContain('4 executed')
  })

  it('that is required and does not answer ends a run before anything is executed', async () => {
    const { run } = place()
    await run('remote keygen')
    expect((await run('run echoes in.txt --remote-required --no-remote')).exitCode).toBe(2)
    const away = await run('run echoes in.txt --remote-required --remote http://127.0.0.1:1/team')
    expect([away.exitCode, away.stderr]).toEqual([4, expect.stringContaining('127.0.0.1:1')])
    expect(away.stderr).not.toContain('RUNNING')
    const there = await run('run echoes in.txt --remote-required')
    expect([there.exitCode, there.stderr]).toEqual([0, expect.stringContaining('4 executed')])
  })

  it('pushes and pulls the results of a job', async () => {
    const { run, path } = place()
    await run('remote keygen')
    await run('run echoes in.txt --no-remote')
    expect((await run('remote push ./echoes-in')).stdout).toMatch(/^sent 4 results/)
    expect((await run('remote push ./echoes-in')).stdout).toContain('4 more results were there already')
    expect((await run('remote pull ./echoes-in --store ./store-2')).stdout).toMatch(/^fetched 4 results/)
    expect((await run('remote touch ./echoes-in')).stdout).toMatch(/^made 4 results new/)
    expect((await run('remote gc ./team --max-size 1GB --dry-run')).stdout).toMatch(/^would free 0 B/)
    expect((await run('remote gc . --max-size 1GB')).stderr).toContain('not a cache of this layout')
    rmSync(path('team'), { recursive: true })
    const offline = await run('run --job ./echoes-in --store ./store-2 --no-remote --fail-on-miss')
    expect(offline.stderr).toContain('0 executed, 4 hits')
    expect((await run('remote push')).exitCode).toBe(0)
    expect((await run('remote pull ./echoes-in --store ./store-4')).exitCode).toBe(1)
  })

  it('says what is wrong with how a remote is described, and what only reads', async () => {
    const { run } = place()
    expect((await run('remote push')).stderr).toContain("see 'reprise remote keygen'")
    expect((await run('run echoes in.txt --remote ftp://host')).stderr).toContain("cannot be at 'ftp:'")
    const odd = place({ REPRISE_REMOTE_READ: 'main,../etc' })
    expect(await odd.run('run echoes in.txt')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('not a scope'),
    })
    const none = makeOwnPipeline({ XDG_CONFIG_HOME: './config' })
    expect((await none.run('remote', 'check')).stderr).toContain('no remote is named')
  })

  it('takes a printed key from the environment, and never writes it anywhere', async () => {
    const first = place()
    const printed = (await first.run('remote keygen --print')).stdout
    const secret = /^REPRISE_REMOTE_SIGNING_KEY=(\S+)$/m.exec(printed)?.[1] ?? ''
    expect(existsSync(first.path('config'))).toBe(false)
    const { run, dir } = place({ REPRISE_REMOTE_SIGNING_KEY: secret })
    expect((await run('run echoes in.txt -v')).stderr).toContain('sent 4 results')
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    for (const { parentPath, name } of files)
      expect(readFileSync(join(parentPath, name)).includes(secret), name).toBe(false)
  })

  it('is not loaded by a run without one: a build that lacks it runs all the same', async () => {
    const { run, path } = place({ REPRISE_REMOTE: '' })
    cpSync(dist, path('dist'), { recursive: true })
    symlinkSync(resolve(dist, '../node_modules'), path('node_modules'))
    const ofRemotes = readdirSync(path('dist')).filter((name) => /^cli-.*(remote|tiered|reapi)/.test(name))
    expect(ofRemotes.length).toBeGreaterThan(4)
    for (const name of ofRemotes) rmSync(path('dist', name))
    const cli = (...args: string[]) =>
      new Promise<string>((done) => {
        const env = { ...process.env, REPRISE_STORE: path('store'), REPRISE_REMOTE: '' }
        execFile(process.execPath, [path('dist/cli.cjs'), ...args], { cwd: path(), env }, (_, __, stderr) =>
          done(stderr),
        )
      })
    expect(await cli('run', 'echoes', 'in.txt')).toContain('4 executed')
    expect(await cli('run', 'echoes', 'in.txt')).toContain('0 executed, 4 hits')
    expect(await cli('run', 'echoes', 'in.txt', '--remote', team)).toContain('with-remote')
    expect((await run('cache stats')).exitCode).toBe(0)
  })
})
