import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { programPath } from '../../rig/program.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

describe("a user's own program", () => {
  it('runs steps that start processes to the end, many at once, and is warned of nothing', () => {
    const dir = temporaryDirectory()
    const args = [programPath('run-tools'), dir, '12']
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'completed 12\n', stderr: '' })
  })

  it.each([
    [64, 1],
    [64, 5],
    [128, 3],
  ])('completes with at most %i open files, when each of 60 steps runs %i programs at once', (limit, programs) => {
    const dir = temporaryDirectory()
    const args = [programPath('run-tools'), dir, '60', String(programs), String(limit)]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'completed 60\n', stderr: '' })
  })
})
