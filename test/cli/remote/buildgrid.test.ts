import { expect, it } from 'vitest'
import { startService } from '../../rig/services.ts'
import { makeOwnPipeline } from '../own-pipeline.ts'

const buildgrid = startService('buildgrid')

it('carries results over a real server of the Remote Execution API, and ends when it is done', async () => {
  const url = `grpc://127.0.0.1:${buildgrid().port}`
  const own = makeOwnPipeline({ XDG_CONFIG_HOME: './config', REPRISE_REMOTE: url, CI: '' })
  const run = (line: string) => own.run(...line.split(' '))
  await run('remote keygen')
  const checked = await run('remote check')
  expect([checked.exitCode, checked.stdout]).toEqual([0, expect.stringMatching(/digests +ok +SHA256/)])
  expect(checked.stdout).toMatch(/writes +ok +into main/)
  const first = await run('run echoes in.txt')
  expect(first.stderr).toContain(`to ${url}`)
  expect(first.stderr).toContain('4 executed')
  const fetched = await run('run echoes in.txt --store ./store-2 --job two')
  expect(fetched.stderr).toMatch(/shout +SKIPPED +from grpc:.* \(main\), 6 B in/)
  expect(fetched.stderr).toContain('0 executed, 4 hits')
  expect((await run('remote touch ./echoes-in')).stdout).toContain('made 4 results new')
  const nobody = await run('remote check --remote grpc://127.0.0.1:1/team')
  expect([nobody.exitCode, nobody.stdout]).toEqual([1, expect.stringContaining('cannot be reached (ECONNREFUSED)')])
})
