import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runCommand, startCommand } from '../../rig/command.ts'
import { createGate, gatedConfig } from '../../rig/gate.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

it('shows a run while it goes on, and ends with it where there is no terminal', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'reprise.config.ts'), gatedConfig)
  writeFileSync(join(dir, 'in.txt'), 'hello')
  const gate = await createGate(join(dir, 'gate'))
  const env = { REPRISE_STORE: join(dir, 'store') }
  const running = startCommand(['run', 'gated', 'in.txt', '-p', `gate=${gate.path}`, '--dash'], { cwd: dir, env })
  const arrival = await gate.arrival()
  const fresh = await runCommand(['dash', '--url'], { cwd: dir, env })
  expect([fresh.exitCode, fresh.stdout]).toEqual([
    0,
    expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{43}\n$/),
  ])
  const address = new URL(fresh.stdout.trim())
  const answer = await fetch(new URL('/session', address), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: address.origin },
    body: JSON.stringify({ code: address.hash.slice(1) }),
  })
  expect(answer.status).toBe(200)
  arrival.open()
  const { exitCode, stderr, stdout } = await running.ended
  expect([exitCode, stdout]).toEqual([0, ''])
  expect(stderr).toMatch(/dashboard: http:\/\/127\.0\.0\.1:\d+\/#[\w-]{43}\.[0-9a-f]{16}\n/)
  const gone = await runCommand(['dash', '--url'], { cwd: dir, env })
  expect([gone.exitCode, gone.stderr]).toEqual([
    1,
    'reprise dash: no dashboard runs for this store; start one with: reprise dash\n',
  ])
})

it('says what --dash does not go with', async () => {
  const dir = temporaryDirectory()
  writeFileSync(join(dir, 'in.txt'), 'hello')
  writeFileSync(join(dir, 'reprise.config.ts'), gatedConfig)
  const { exitCode, stderr } = await runCommand(['run', 'gated', 'in.txt', '--dash', '--detach'], { cwd: dir })
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining("run 'reprise dash'")])
})
