import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Event, nameInId } from '../../src/core/index.ts'
import * as reprise from '../../src/index.ts'
import { type CommandEnd, eventsOf, runCommand } from '../rig/command.ts'
import { createWorkbench, temporaryDirectory } from '../rig/workbench.ts'
import { demonstration, demonstrationSecret, song } from './demonstration.ts'

const order = 'probe separate align lyrics choir translate plan cue part stall polish mix'.split(' ')

/** Returns events as lines, step by step, without what differs from run to run: times, keys, places and sizes of memory. */
function golden(events: readonly Event[]): string {
  const rank = (event: Event) => ('stage' in event ? order.indexOf(nameInId(event.stage)) : -1)
  const id = (event: Event) => ('stage' in event ? event.stage : '')
  const sorted = events
    // How often this is told depends on how long the run takes.
    .filter(({ event }) => event !== 'pipeline_progress')
    .map((event, turn) => ({ event, turn }))
    .sort(
      (a, b) =>
        rank(a.event) - rank(b.event) ||
        (id(a.event) < id(b.event) ? -1 : id(a.event) > id(b.event) ? 1 : a.turn - b.turn),
    )
  const varying = new Set([
    'ts',
    'run',
    'job',
    'retry_at',
    'stack',
    'peak_rss_bytes',
    'cpu_time_ms',
    'cpu_ms',
    'how',
    'path',
  ])
  const said = (name: string, value: unknown): unknown => {
    if (varying.has(name)) return undefined
    if (name === 'key') return 'KEY'
    return typeof value === 'number' && name.endsWith('_ms') && name !== 'delay_ms' ? 0 : value
  }
  return `${sorted.map(({ event }) => JSON.stringify(event, said)).join('\n')}\n`
}

function filesHolding(dir: string, text: string): readonly string[] {
  const files = readdirSync(dir, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
  return files.map((entry) => join(entry.parentPath, entry.name)).filter((path) => readFileSync(path).includes(text))
}

const goldenFirst = 'golden/first-run.jsonl'
const goldenSecond = 'golden/second-run.jsonl'

describe('the demonstration', () => {
  it('does what its golden log says, and the second time only what failed', async () => {
    const { run, path, dir, store } = await createWorkbench()
    const { pipelines, ...offers } = demonstration(reprise, z)
    const [pipeline] = pipelines
    if (pipeline === undefined) throw new Error('there is a pipeline')
    writeFileSync(path('song.json'), song)
    const request = { ...offers, inputs: { song: path('song.json') }, concurrency: 2 }
    const first = await run(pipeline, request)
    expect(first.result.failedSteps).toEqual(['stall'])
    expect(first.result.outputs.counts).toMatchObject({ value: [2, 2, 3, 0] })
    await expect(golden(first.events)).toMatchFileSnapshot(goldenFirst)
    const second = await run(pipeline, request)
    expect(second.executed).toEqual(['stall'])
    await expect(golden(second.events)).toMatchFileSnapshot(goldenSecond)
    store.flush()
    expect(filesHolding(dir, 'hush')).toEqual([])
  })

  it('does the same through the command line', async () => {
    const dir = temporaryDirectory()
    const source = JSON.stringify(join(import.meta.dirname, 'demonstration.ts'))
    writeFileSync(
      join(dir, 'reprise.config.ts'),
      `import * as reprise from 'reprise'\nimport { z } from 'zod'\nimport { demonstration } from ${source}\nexport default demonstration(reprise, z)\n`,
    )
    writeFileSync(join(dir, 'song.json'), song)
    const reprised = (...args: readonly string[]): Promise<CommandEnd> =>
      runCommand(args, { cwd: dir, env: { REPRISE_STORE: join(dir, 'store'), NO_COLOR: '1' } })
    const ran = ['run', 'demonstration', 'song.json', '--job', 'J', '--device', 'cpu', '-j', '2', '--json'] as const
    const first = await reprised(...ran)
    expect(first.stderr).toContain('stall')
    expect(first.exitCode).toBe(1)
    await expect(golden(eventsOf(first.stdout))).toMatchFileSnapshot(goldenFirst)
    const second = await reprised(...ran)
    expect(second.exitCode).toBe(1)
    await expect(golden(eventsOf(second.stdout))).toMatchFileSnapshot(goldenSecond)

    const listed = await reprised('list', 'demonstration')
    expect(listed.stdout).toMatch(/^ +cue +Once for each bar .*\n +after probe, plan$/m)
    const drawn = await reprised('graph', 'demonstration', '--format', 'text')
    expect(drawn.stdout).toMatch(/^cue\/\*\/\* +after probe, plan\/\*$/m)
    const status = await reprised('status', 'J')
    expect(status.stdout).toMatch(/^cue\/verse\/2 +done/m)
    expect(status.stdout).not.toMatch(/^\w+\/\*/m)
    const explained = await reprised('explain', 'J', 'cue/verse')
    expect(explained.stdout.match(/^cue\/verse\/\d +HIT/gm)).toHaveLength(2)
    const forecast = await reprised('run', '--job', 'J', '-p', 'to=es,de', '--dry-run')
    expect(forecast.stdout).toMatch(/^translate\/de +MISS +never run/m)
    expect(forecast.stdout).toMatch(/^cue\/chorus\/3 +HIT/m)

    const rerolled = await reprised('run', '--job', 'J', '--reroll', 'cue/verse/2', '--json')
    expect(
      eventsOf(rerolled.stdout)
        .flatMap((event) => (event.event === 'stage_running' ? [event.stage] : []))
        .sort(),
    ).toEqual(['cue/verse/2', 'stall'])
    const unknownPool = await reprised('run', '--job', 'J', '--pool', 'apj=2')
    expect([unknownPool.exitCode, unknownPool.stderr]).toEqual([
      2,
      expect.stringContaining("unknown pool 'apj': did you mean 'api'?"),
    ])
    const unmade = await reprised('run', '--job', 'J', '--pool', 'api=0')
    expect([unmade.exitCode, unmade.stderr]).toEqual([2, expect.stringContaining("above zero, not 'api=0'")])
    const told = [first, second, explained, status].map(({ stdout, stderr }) => stdout + stderr).join('\n')
    expect(told).toContain('[secret token]')
    expect(told).not.toContain('hush')
    expect(filesHolding(join(dir, 'store'), 'hush')).toEqual([])
    expect(filesHolding(join(dir, 'J'), 'hush')).toEqual([])
    expect(demonstrationSecret).toContain('hush')
  })
})
