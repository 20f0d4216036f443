import { copyFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type AnyPipeline, noteStageModule } from '../../src/core/index.ts'
import type { RunRequest } from '../../src/engine/index.ts'
import * as shipped from '../../stages/index.ts'
import { demonstrationSecret, song } from '../demonstration/demonstration.ts'
import { sampleFilm } from '../rig/film.ts'
import { programPath } from '../rig/program.ts'
import { createWorkbench, openTestStore } from '../rig/workbench.ts'
import * as demonstration from './demonstration-stages.ts'
import { describeExecutor, executorBench, keysAndBytes, type OpenExecutor } from './executor.ts'
import { ProcessExecutor } from './process-executor.ts'

/** Returns what opens another process; every text between it and this one is added to `texts`. */
function elsewhere(texts: string[] = []): OpenExecutor {
  return async (workbench) => {
    const cache = await openTestStore(workbench.path('cache'))
    const onText = (text: string) => void texts.push(text)
    return (site) => new ProcessExecutor(site, { cache, dir: workbench.dir, onText })
  }
}

describeExecutor('another process', elsewhere())

/** Runs a pipeline here and in another process, and returns what the runs made; nothing was served in either. */
async function both(
  pipeline: AnyPipeline,
  inputs: (path: (name: string) => string) => RunRequest['inputs'],
  more: () => Partial<RunRequest>,
) {
  const texts: string[] = []
  const [here, there] = [await createWorkbench(), await executorBench(elsewhere(texts))]
  const local = await here.run(pipeline, { inputs: inputs(here.path), ...more() })
  const remote = await there.run(pipeline, { inputs: inputs(there.path), ...more() })
  expect([local.cached, remote.cached]).toEqual([[], []])
  expect(remote.executed).toEqual(local.executed)
  return {
    local,
    remote,
    texts,
    calls: there.calls,
    made: [keysAndBytes(local, here.jobDir), keysAndBytes(remote, there.jobDir)] as const,
  }
}

describe('another process that knows only requests, modules and a cache', () => {
  it('makes of the demonstration what this one makes', async () => {
    noteStageModule(pathToFileURL(programPath('demonstration-stages')).href, demonstration)
    const { demonstrated, pools } = demonstration
    if (demonstrated === undefined) throw new Error('there is a pipeline')
    const inputs = (path: (name: string) => string) => {
      writeFileSync(path('song.json'), song)
      return { song: path('song.json') }
    }
    // A service keeps count of attempts: each run has its own.
    const { local, remote, texts, calls, made } = await both(demonstrated, inputs, () => ({
      pools,
      services: demonstration.freshProvisions(),
    }))
    expect(local.result.failedSteps).toEqual(['stall'])
    expect(remote.result.failedSteps).toEqual(['stall'])
    expect(made[1]).toEqual(made[0])
    expect(remote.of('stage_retrying').map(({ stage }) => stage)).toEqual(
      local.of('stage_retrying').map(({ stage }) => stage),
    )
    const asked = (step: string) => calls.flatMap(({ request }) => (request.step === step ? [request] : []))
    expect(asked('separate').map(({ limits }) => limits.memoryRung)).toEqual([0, 1])
    expect(asked('align').map(({ attempt }) => attempt)).toEqual([1, 2])
    expect(texts.join('\n')).not.toContain('hush')
    expect(demonstrationSecret).toContain('hush')
  })

  it('makes of a film the subtitles that this one makes', async () => {
    noteStageModule(pathToFileURL(programPath('shipped-stages')).href, shipped)
    const film = await sampleFilm()
    const inputs = (path: (name: string) => string) => {
      copyFileSync(film, path('talk.mp4'))
      return { video: path('talk.mp4') }
    }
    const { local, remote, made } = await both(shipped.subtitles, inputs, () => ({ params: { to: ['es'] } }))
    expect(local.result.failure).toBeUndefined()
    expect(remote.result.failure).toBeUndefined()
    expect(remote.executed).toEqual([
      'check',
      'demux',
      'mux',
      'recognize/whole.wav',
      'segment',
      'stitch',
      'subtitles',
      'translate/es',
    ])
    expect(made[1]).toEqual(made[0])
  })
})
