import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { buildGraph, definePipeline } from '../../../src/core/index.ts'
import { findInstalledModel, findModel, placeOf } from '../../../src/models/index.ts'
import { subtitles } from '../../../stages/index.ts'
import { backgroundIn } from '../../../stages/separation/background.ts'
import { demucsArgs, demucsPython, missingWeights } from '../../../stages/separation/demucs.ts'
import { separate } from '../../../stages/separation/separate.ts'
import { chooseSeparator } from '../../../stages/separation/separators.ts'
import { runStage } from '../../rig/stage-context.ts'
import { createWorkbench, temporaryDirectory } from '../../rig/workbench.ts'

const models = process.env.REPRISE_TEST_MODELS ?? ''
const spleeterModel = findModel('spleeter')
const hasSpleeter = models !== '' && spleeterModel !== undefined && placeOf(spleeterModel, models).isInstalled

function setVariable(name: string, value: string): void {
  const before = process.env[name]
  process.env[name] = value
  onTestFinished(() => {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  })
}

/** A sound with a tone in the middle for its first half, and another one on the left throughout. */
function tones(dir: string): string {
  const path = join(dir, 'tones.wav')
  const middle = '0.3*sin(2*PI*700*t)*lt(mod(t\\,2)\\,1)'
  const left = '0.3*sin(2*PI*1500*t)'
  const source = `aevalsrc=exprs=${middle}+${left}|${middle}:s=44100:d=6`
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, path])
  return path
}

function channels(path: string): readonly [left: number, right: number][] {
  const bytes = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 's16le', '-'], { maxBuffer: 1 << 26 })
  return Array.from({ length: bytes.length / 4 }, (_, at) => [bytes.readInt16LE(4 * at), bytes.readInt16LE(4 * at + 2)])
}

/** Returns how loud a frequency is on the left. */
function levelOf(samples: readonly (readonly [number, number])[], hz: number): number {
  let [re, im] = [0, 0]
  for (const [at, [left]] of samples.entries()) {
    re += left * Math.cos((2 * Math.PI * hz * at) / 44_100)
    im += left * Math.sin((2 * Math.PI * hz * at) / 44_100)
  }
  return Math.hypot(re, im) / samples.length
}

describe('what is behind voices', () => {
  const words = Array.from({ length: 1000 }, (_, at) => (at % 12 < 8 ? -20 : -52))
  it('is nothing where it is quiet between words', () => {
    expect(backgroundIn(words)).toEqual({ isThere: false, share: 0 })
  })

  it('is something where it is never quiet, in a part of the recording', () => {
    const withMusic = words.map((db, at) => (at > 500 && at < 800 ? Math.max(db, -28) : db))
    expect(backgroundIn(withMusic)).toMatchObject({ isThere: true })
    expect(backgroundIn([])).toEqual({ isThere: false, share: 0 })
  })
})

describe('the step separate', () => {
  it('is taken only where it is asked for, and something is behind the voices', () => {
    const idsOf = (params: object) => {
      const graph = buildGraph(subtitles, params)
      return graph.ok ? graph.value.steps.map(({ id }) => id) : graph.error.map(({ message }) => message)
    }
    expect(idsOf({}).slice(0, 2)).toEqual(['demux', 'segment'])
    expect(idsOf({ separator: 'signal' }).slice(0, 5)).toEqual(['demux', 'background', 'separate', 'heard', 'segment'])
  })

  it('is done by the best that is installed', () => {
    const place = findInstalledModel('spleeter')
    const runtime = { name: '', version: '', path: '', main: '', isForThisSystem: true }
    const find = (isInstalled: boolean) => () => place && { ...place, isInstalled, runtime }
    const bug = () => {
      throw new Error('nobody asked for a separator')
    }
    expect(chooseSeparator('none', { python: bug, find: bug })).toBeUndefined()
    expect(chooseSeparator('auto', { python: () => '/venv/bin/python', find: find(true) })).toBe('demucs')
    expect(chooseSeparator('auto', { python: () => undefined, find: find(true) })).toBe('spleeter')
    expect(chooseSeparator('auto', { python: () => undefined, find: find(false) })).toBe('signal')
  })

  it('takes by signal processing what is on one side out of the voices; voices and rest are the sound', async () => {
    const dir = temporaryDirectory()
    const video = tones(dir)
    const { paths } = await runStage(separate, { inputs: { video }, params: { separator: 'signal' }, dir })
    const [sound, voices, rest] = [channels(video), channels(paths.voices ?? ''), channels(paths.rest ?? '')]
    expect(voices.length).toBe(sound.length)
    expect(levelOf(voices, 700)).toBeGreaterThan(0.9 * levelOf(sound, 700))
    expect(levelOf(voices, 1500)).toBeLessThan(0.1 * levelOf(sound, 1500))
    const differences = sound.map(([left], at) => Math.abs(left - (voices[at]?.[0] ?? 0) - (rest[at]?.[0] ?? 0)))
    expect(Math.max(...differences.slice(0, 50_000))).toBeLessThanOrEqual(1)
  })

  it.skipIf(!hasSpleeter)('runs the net of Spleeter (skipped where it is not installed)', async () => {
    setVariable('REPRISE_MODELS', models)
    const dir = temporaryDirectory()
    const { paths } = await runStage(separate, {
      inputs: { video: tones(dir) },
      params: { separator: 'spleeter', clipEndS: 2 },
      dir,
    })
    // Tones are no voices.
    expect(levelOf(channels(paths.rest ?? ''), 1500)).toBeGreaterThan(5 * levelOf(channels(paths.voices ?? ''), 1500))
  })

  it.skipIf(demucsPython() === undefined)(
    'runs demucs with a net of random weights, and twice alike by its seed (skipped where demucs is not installed)',
    async () => {
      const dir = temporaryDirectory()
      const params = { separator: 'demucs', demucsModel: 'demucs_unittest', demucsSegmentS: 2, clipEndS: 1 }
      const request = { inputs: { video: tones(dir) }, params, dir }
      const [one, other] = [await runStage(separate, request), await runStage(separate, request)]
      const voices = channels(one.paths.voices ?? '')
      expect(voices.length).toBeGreaterThan(43_000)
      expect(channels(other.paths.voices ?? '')).toEqual(voices)
    },
    120_000,
  )

  it.skipIf(demucsPython() === undefined)(
    'runs a model of the user by its folder (skipped where demucs is not installed)',
    async () => {
      const repo = temporaryDirectory()
      execFileSync(demucsPython() ?? '', ['-c', makeModel, join(repo, 'feedbeef.th')])
      setVariable('REPRISE_DEMUCS_REPO', repo)
      const params = { separator: 'demucs', demucsModel: 'feedbeef', clipEndS: 1 }
      const request = { inputs: { video: tones(temporaryDirectory()) }, params, dir: temporaryDirectory() }
      const { paths } = await runStage(separate, request)
      expect(channels(paths.rest ?? '').length).toBeGreaterThan(43_000)
      const absent = runStage(separate, { ...request, params: { ...params, demucsModel: 'deadbeef' } })
      await expect(absent).rejects.toThrow(/cannot get the weights of its model deadbeef \(.*REPRISE_DEMUCS_REPO/s)
    },
    120_000,
  )

  it('says that the weights of a model cannot be had, and what to do', async () => {
    const refused = 'urllib.error.URLError: <urlopen error [Errno -2] Name or service not known>'
    setVariable('REPRISE_DEMUCS_VENV', fakeDemucs(`echo '${refused}' >&2; exit 1`))
    const dir = temporaryDirectory()
    const request = { inputs: { video: tones(dir) }, params: { separator: 'demucs' }, dir }
    await expect(runStage(separate, request)).rejects.toThrow(
      'demucs cannot get the weights of its model htdemucs (Name or service not known): fetch them once',
    )
    expect(missingWeights('urllib.error.HTTPError: HTTP Error 404: Not Found')).toBe('HTTP Error 404: Not Found')
    expect(missingWeights('RuntimeError: CUDA out of memory.')).toBeUndefined()
  })

  it('gives demucs the model, the shifts, the segment and the device', () => {
    const settings = { model: 'htdemucs_ft', shifts: 3, seed: 7, segmentS: 5 }
    const args = demucsArgs({ sound: '/s.wav', device: 'cuda', settings }, '/out', '/models')
    const text = args.slice(2).join(' ')
    expect(text).toMatch(/^7 -n htdemucs_ft --repo \/models -d cuda --shifts 3 --segment 5 --two-stems vocals /)
    expect(text).toMatch(/ -o \/out --filename \{stem\}\.\{ext\} \/s\.wav$/)
  })

  it('answers a device out of memory with shorter segments, then with the processor', async () => {
    const venv = fakeDemucs(onlyOnTheProcessor)
    setVariable('REPRISE_DEMUCS_VENV', venv)
    const { run } = await createWorkbench()
    const pipeline = definePipeline({
      name: 'separating',
      inputs: { video: 'file' },
      params: separate.params,
      build: ({ step, inputs }) => step(separate, inputs, { params: { separator: 'demucs' } }),
    })
    const { of } = await run(pipeline, { device: 'cuda', inputs: { video: tones(temporaryDirectory()) } })
    expect(of('stage_running').map(({ device }) => device)).toEqual(['cuda', 'cuda', 'cuda', 'cpu'])
    expect(of('stage_completed')).toHaveLength(1)
  })
})

/** Makes a small net with random weights as demucs keeps its models. */
const makeModel = `import sys, torch
from demucs.htdemucs import HTDemucs
kwargs = dict(sources=['drums', 'bass', 'other', 'vocals'], channels=16, depth=4, t_layers=1, t_heads=2, segment=2)
torch.manual_seed(1)
model = HTDemucs(**kwargs)
torch.save({'klass': HTDemucs, 'args': (), 'kwargs': kwargs, 'state': model.state_dict(), 'training_args': {}}, sys.argv[1])`

const onlyOnTheProcessor = `case "$*" in *'-d cuda'*) echo 'torch.OutOfMemoryError: CUDA out of memory.' >&2; exit 1 ;; esac`

/** A virtual environment whose demucs does this before it separates. */
function fakeDemucs(first: string): string {
  const venv = temporaryDirectory()
  mkdirSync(join(venv, 'lib/python3/site-packages/demucs'), { recursive: true })
  mkdirSync(join(venv, 'bin'))
  writeFileSync(join(venv, 'lib/python3/site-packages/demucs/separate.py'), '')
  const python = join(venv, 'bin/python')
  writeFileSync(
    python,
    `#!/bin/sh
case "$1" in -cfrom*) echo demucs 4.1.0 torch 2.0; exit ;; esac
${first}
while [ "$1" != -o ]; do shift; done
mkdir -p "$2/htdemucs"
for last; do :; done
cp "$last" "$2/htdemucs/vocals.wav"
cp "$last" "$2/htdemucs/no_vocals.wav"
`,
  )
  chmodSync(python, 0o755)
  return venv
}
