import type { ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventsOf, runCommand, startCommand } from '../../rig/command.ts'
import { createGate, gatedConfig } from '../../rig/gate.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

/** The text of a config with a pipeline that looks into a folder. */
const countingConfig = `
import { readdirSync } from 'node:fs'
import { defineConfig, definePipeline, defineStage, json } from 'reprise'
import { z } from 'zod'

const count = defineStage({
  name: 'count',
  version: 1,
  inputs: { folder: 'tree' },
  params: z.object({}),
  outputs: { files: json(z.number()) },
  run: ({ inputs }) => ({ files: readdirSync(inputs.folder).length }),
})
export default defineConfig({
  pipelines: [
    definePipeline({
      name: 'counting',
      inputs: { folder: 'tree' },
      params: z.object({}),
      build: ({ step, inputs }) => step(count, { folder: inputs.folder }),
    }),
  ],
})
`

function folder() {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'reprise.config.mjs'), gatedConfig)
  writeFileSync(join(cwd, 'in.txt'), 'one')
  return { cwd, env: { REPRISE_STORE: join(cwd, 'store') } }
}

/** Resolves when a command has written a text to stderr since this was called. */
function written({ stderr }: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve) => {
    let told = ''
    stderr?.on('data', (chunk: Buffer) => {
      told += String(chunk)
      if (told.includes(text)) resolve()
    })
  })
}

describe('watch', () => {
  it('cancels the run that a change makes out of date, runs again, and ends with the user', async () => {
    const { cwd, env } = folder()
    const gate = await createGate(join(cwd, 'gate'))
    const watching = startCommand(['watch', 'gated', 'in.txt', '-p', `gate=${gate.path}`, '--json'], { cwd, env })
    const first = await gate.arrival()
    writeFileSync(join(cwd, 'in.txt'), 'two')
    await first.gone
    const second = await gate.arrival()
    second.open()
    await watching.line((line) => line.includes('"event":"pipeline_completed"'))
    watching.child.kill('SIGINT')
    const { exitCode, stdout, stderr } = await watching.ended
    expect(exitCode).toBe(0)
    const ends = eventsOf(stdout).filter(({ event }) => /^pipeline_(completed|failed|cancelled)$/.test(event))
    expect(ends.map(({ event }) => event)).toEqual(['pipeline_cancelled', 'pipeline_completed'])
    expect(stderr).toContain('watch: ./in.txt changed; cancelling the current run, which is out of date')
    expect(stderr).toContain('watch: running again: ./in.txt changed')
  })

  it('ends at once with the run that the user interrupts', async () => {
    const { cwd, env } = folder()
    const gate = await createGate(join(cwd, 'gate'))
    const watching = startCommand(['watch', 'gated', 'in.txt', '-p', `gate=${gate.path}`], { cwd, env })
    const arrival = await gate.arrival()
    watching.child.kill('SIGINT')
    await arrival.gone
    expect((await watching.ended).exitCode).toBe(130)
  })

  it('does not take for a change what a run writes to the store that its job used last', async () => {
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, 'reprise.config.mjs'), countingConfig)
    mkdirSync(join(cwd, 'folder'))
    const [store, moved] = [join(cwd, 'store'), join(cwd, 'folder', 'store')]
    await runCommand(['run', 'counting', 'folder', '--job', 'job', '--store', store], { cwd })
    // No run would get as far with a store inside its input.
    renameSync(store, moved)
    const record = join(cwd, 'job', 'job.json')
    writeFileSync(record, readFileSync(record, 'utf8').replaceAll(store, moved))
    const watching = startCommand(['watch', '--job', 'job'], { cwd })
    const waits = 'press Ctrl-C to stop'
    await written(watching.child, waits)
    writeFileSync(join(cwd, 'folder', 'new.txt'), 'new')
    await written(watching.child, waits)
    watching.child.kill('SIGINT')
    const { stderr } = await watching.ended
    expect(stderr).toContain('running again: ./folder/new.txt changed')
    expect(stderr).not.toMatch(/running again: .*folder.store/)
  })

  it('goes on when its config comes back', async () => {
    const { cwd, env } = folder()
    writeFileSync(join(cwd, 'reprise.config.mjs'), countingConfig)
    mkdirSync(join(cwd, 'folder'))
    const watching = startCommand(['watch', 'counting', 'folder', '--job', 'job', '--json'], { cwd, env })
    const isLost = written(watching.child, `${cwd}/reprise.config.mjs, no longer exists`)
    const isEnd = (line: string) => line.includes('"event":"pipeline_completed"')
    const before = await watching.line(isEnd)
    rmSync(join(cwd, 'reprise.config.mjs'))
    await isLost
    writeFileSync(join(cwd, 'reprise.config.mjs'), countingConfig)
    await watching.line((line) => isEnd(line) && line !== before)
    watching.child.kill('SIGINT')
    expect((await watching.ended).exitCode).toBe(0)
  })

  it('refuses a pipeline that there is not', async () => {
    const { exitCode, stderr } = await runCommand(['watch', 'gatde', 'in.txt'], folder())
    expect(exitCode).toBe(2)
    expect(stderr).toContain("did you mean 'gated'?")
  })
})
