import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Event } from '../../src/core/index.ts'
import { type CommandEnd, eventsOf, runCommand, startCommand } from '../rig/command.ts'
import { artifactsBelow } from '../rig/file-tree.ts'
import { sampleFilm } from '../rig/film.ts'
import { temporaryDirectory } from '../rig/workbench.ts'
import { song } from './demonstration.ts'

/** A folder with a config, a team's cache, a key, and what starts workers there. */
async function place(config: string) {
  const dir = temporaryDirectory()
  for (const name of ['team', 'orders']) mkdirSync(join(dir, name))
  writeFileSync(join(dir, 'reprise.config.ts'), config)
  const options = { cwd: dir, env: { REPRISE_STORE: './store', XDG_CONFIG_HOME: './config', NO_COLOR: '1' } }
  const run = (line: string): Promise<CommandEnd> => runCommand(line.split(' '), options)
  await run('remote keygen')
  /** Starts a worker, and resolves when it takes orders. */
  const worker = async (name: string, pool: string) => {
    const line = `worker --pool ${pool} --name ${name} --orders ./orders --remote ./team --device cpu --store ./store-${name}`
    const started = startCommand(line.split(' '), options)
    onTestFinished(async () => {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) started.child.kill(signal)
      await started.ended
    })
    await new Promise<void>((resolve, reject) => {
      started.child.stderr?.on('data', (bytes: Buffer) => {
        if (bytes.toString().includes('takes orders')) resolve()
      })
      void started.ended.then(({ stderr }) => reject(new Error(stderr)))
    })
  }
  return { dir, run, worker, path: (name: string) => join(dir, name) }
}

/** Returns the workers that executed steps, by their names without their random ends, and the steps. */
function placesOf(events: readonly Event[]): ReadonlyMap<string, string> {
  return new Map(
    events.flatMap((event) =>
      event.event === 'stage_placed' ? [[event.stage, event.worker.replace(/-\w{6}$/, '')] as const] : [],
    ),
  )
}

/** Returns the keys of what was executed, by step. */
function keysOf(events: readonly Event[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    events.flatMap((event) => (event.event === 'stage_completed' ? [[event.stage, event.key] as const] : [])),
  )
}

describe('two workers', () => {
  it('make of the demonstration what one machine makes, each the steps of its pool', async () => {
    const source = JSON.stringify(join(import.meta.dirname, 'demonstration.ts'))
    const { run, worker, path } = await place(
      `import * as reprise from 'reprise'\nimport { z } from 'zod'\nimport { demonstration } from ${source}\nexport default demonstration(reprise, z)\n`,
    )
    writeFileSync(path('song.json'), song)
    await Promise.all([worker('first', 'cpu'), worker('second', 'gpu')])
    const ran = 'run demonstration song.json --device cpu --json'
    const there = await run(`${ran} --job there --remote ./team --workers cpu=./orders --workers gpu=./orders`)
    const here = await run(`${ran} --job here --store ./alone --no-remote`)
    const [events, local] = [eventsOf(there.stdout), eventsOf(here.stdout)]
    expect(there.stderr).toContain('stall')
    expect([there.exitCode, here.exitCode]).toEqual([1, 1])
    expect(keysOf(events)).toEqual(keysOf(local))
    expect(artifactsBelow(path('there'))).toEqual(artifactsBelow(path('here')))
    const places = placesOf(events)
    expect(placesOf(local).size).toBe(0)
    expect([...places].filter(([, name]) => name === 'second').map(([step]) => step)).toEqual(['separate'])
    // The steps of the pool 'api' have no workers.
    const own = Object.keys(keysOf(events)).filter((step) => !places.has(step))
    expect(own.map((step) => step.split('/')[0])).toEqual(expect.arrayContaining(['lyrics', 'translate']))
    const first = [...places].flatMap(([step, name]) => (name === 'first' ? [step] : []))
    const cues = ['cue/chorus/3', 'cue/verse/1', 'cue/verse/2']
    const parts = ['part/chorus', 'part/verse', 'plan/chorus', 'plan/verse']
    expect(first.sort()).toEqual(['align', ...cues, 'mix', ...parts, 'probe', 'stall'])
    const ends = (of: readonly Event[]) =>
      of.flatMap((event) =>
        event.event === 'stage_failed' || event.event === 'stage_retrying' ? [`${event.event} ${event.stage}`] : [],
      )
    expect(ends(events).sort()).toEqual(ends(local).sort())
  })

  it('make of a film the subtitles that one machine makes, whichever of them executes a step', async () => {
    const { run, worker, path } = await place('export default { pipelines: [] }\n')
    copyFileSync(await sampleFilm(), path('talk.mp4'))
    await Promise.all([worker('first', 'cpu'), worker('second', 'cpu')])
    const ran = 'run subtitles talk.mp4 -p to=es --json'
    const there = await run(`${ran} --job there --remote ./team --workers cpu=./orders`)
    const [events, places] = [eventsOf(there.stdout), placesOf(eventsOf(there.stdout))]
    expect(there.exitCode).toBe(0)
    const here = await run(`${ran} --job here --store ./alone --no-remote`)
    expect(here.exitCode).toBe(0)
    expect(keysOf(events)).toEqual(keysOf(eventsOf(here.stdout)))
    expect(artifactsBelow(path('there'))).toEqual(artifactsBelow(path('here')))
    expect([...places.keys()].sort()).toEqual(Object.keys(keysOf(events)).sort())
    for (const name of places.values()) expect(['first', 'second']).toContain(name)
  })
})
