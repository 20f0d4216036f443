import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventsOf, runCommand, startCommand } from '../../rig/command.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const config = `
import { defineConfig, definePipeline, defineStage, json } from 'reprise'
import { z } from 'zod'

const count = defineStage({
  name: 'count',
  version: 1,
  inputs: {},
  params: z.object({ ends: z.boolean() }),
  outputs: { letters: json(z.number()) },
  threads: { count: new URL('./count.ts', import.meta.url) },
  run: async ({ params, inThread }) => ({ letters: z.number().parse(await inThread('count', params)) }),
})
export default defineConfig({
  pipelines: [
    definePipeline({
      name: 'counting',
      inputs: {},
      params: z.object({ ends: z.boolean().default(true) }),
      build: ({ step, params }) => step(count, {}, { params }),
    }),
  ],
})
`
const count = `
import type { ThreadContext } from 'reprise'
import { text } from './text'

export default function ({ ends }: { readonly ends: boolean }, { progress }: ThreadContext): number {
  progress(0.5)
  while (!ends);
  return text.length
}
`

function folder() {
  const cwd = temporaryDirectory()
  const write = (name: string, text: string) => writeFileSync(join(cwd, name), text)
  write('reprise.config.ts', config)
  write('count.ts', count)
  write('text.ts', "export const text: string = 'seven..'\n")
  return { cwd, env: { REPRISE_STORE: join(cwd, 'store') }, write }
}

describe("a config's stage that computes in a thread", () => {
  it('is written in TypeScript, and misses when what the thread imports has changed', async () => {
    const { write, ...options } = folder()
    const letters = async () => {
      const { stdout } = await runCommand(['run', 'counting', '--job', 'job', '--json'], options)
      const events = eventsOf(stdout)
      const reasons = events.flatMap((event) => (event.event === 'stage_cache_miss' ? event.reasons : []))
      return { ends: events.at(-1)?.event, reasons }
    }
    expect(await letters()).toMatchObject({ ends: 'pipeline_completed', reasons: [{ kind: 'never-run' }] })
    expect(await letters()).toEqual({ ends: 'pipeline_completed', reasons: [] })
    write('text.ts', "export const text: string = 'nine.....'\n")
    expect(await letters()).toMatchObject({ ends: 'pipeline_completed', reasons: [{ path: 'source.text' }] })
  })

  it('is ended by Ctrl-C, wherever it is', async () => {
    const { write: _, ...options } = folder()
    const running = startCommand(['run', 'counting', '-p', 'ends=false', '--job', 'job', '--json'], options)
    await running.line((line) => line.includes('"stage_progress"'))
    running.child.kill('SIGINT')
    const { exitCode, stdout } = await running.ended
    expect(exitCode).toBe(130)
    expect(eventsOf(stdout).at(-1)?.event).toBe('pipeline_cancelled')
  })
})
