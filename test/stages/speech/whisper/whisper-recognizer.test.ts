import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { EventBus, findInstalledModel, runPipeline } from '../../../../src/index.ts'
import { modelsHome } from '../../../../src/models/index.ts'
import { subtitles, Transcript } from '../../../../stages/index.ts'
import { createWorkbench } from '../../../rig/workbench.ts'
import { checked } from '../../sample.ts'

/** Where the models of whoever runs the tests are. */
const home = modelsHome({ ...process.env, REPRISE_MODELS: process.env.REPRISE_TEST_MODELS }) ?? ''

function withModels<T>(work: () => T): T {
  vi.stubEnv('REPRISE_MODELS', home)
  try {
    return work()
  } finally {
    vi.unstubAllEnvs()
  }
}

const isInstalled = withModels(() => findInstalledModel('whisper-tiny.en')?.isInstalled === true)

async function bench() {
  const workbench = await createWorkbench()
  vi.stubEnv('REPRISE_MODELS', home)
  onTestFinished(() => void vi.unstubAllEnvs())
  const film = workbench.path('talk.mp4')
  const recognize = (params: object = {}) =>
    workbench.run(subtitles, {
      inputs: { video: film },
      params: { recognizer: 'whisper-tiny.en', ...params },
      selection: { to: 'stitch' },
    })
  const transcript = () =>
    checked(Transcript, JSON.parse(readFileSync(join(workbench.jobDir, '02_stitch', 'speech.json'), 'utf8')))
  return { ...workbench, film, recognize, transcript }
}

describe.runIf(isInstalled)('whisper', () => {
  it('recognizes synthesized speech, with the time of each word, and names its model in the manifest', async () => {
    const { film, recognize, transcript, jobDir } = await bench()
    execFileSync('sh', ['scripts/make-sample.sh', film, '2'], { stdio: 'ignore' })
    const { result, executed } = await recognize()
    expect(result.status).toBe('completed')
    expect(executed).toEqual(['demux', 'recognize/whole.wav', 'segment', 'stitch'])
    const { utterances, durationS } = transcript()
    const plain = utterances.map(({ text }) => text.toLowerCase().replaceAll(/[^a-z ]/g, ''))
    expect(plain.join(' ')).toBe(
      'good morning and welcome to the workshop today we will talk about the history of our city',
    )
    const words = utterances.flatMap((utterance) => utterance.words)
    expect(words).toHaveLength(17)
    for (const [index, { startS, endS, confidence }] of words.entries()) {
      expect(endS).toBeGreaterThan(startS)
      expect(startS).toBeGreaterThanOrEqual((words[index - 1]?.startS ?? 0) - 0.001)
      expect(endS).toBeLessThanOrEqual(durationS)
      expect(confidence).toBeGreaterThan(0)
      expect(confidence).toBeLessThanOrEqual(1)
    }
    const manifest: unknown = JSON.parse(
      readFileSync(join(jobDir, '02_recognize', 'whole.wav', 'manifest.json'), 'utf8'),
    )
    expect(manifest).toMatchObject({
      device: 'cpu',
      params: { recognizer: 'whisper', model: 'whisper-tiny.en', language: 'en' },
      tools: {
        whisper: {
          version: '0.0.4',
          models: {
            'whisper-tiny.en@2022.09': expect.stringMatching(/^b3:/),
            'napi-rs-whisper@0.0.4': expect.stringMatching(/^b3:/),
          },
        },
      },
    })
    expect(readFileSync(join(jobDir, '02_recognize', 'whole.wav', 'stage.log'), 'utf8')).toContain(
      'recognizer: whisper on the CPU with whisper-tiny.en',
    )
  })

  it.runIf(withModels(() => findInstalledModel('silero-vad')?.isInstalled === true))(
    'hears a word of less than half a second that stands alone',
    async () => {
      const { film, path, recognize, transcript } = await bench()
      const word = path('word.wav')
      execFileSync('flite', ['--setf', 'duration_stretch=0.5', '-voice', 'rms', '-t', 'yes', '-o', word])
      const alone = ['-af', 'adelay=2000,apad=pad_dur=3', '-c:a', 'pcm_s16le', '-f', 'wav']
      execFileSync('ffmpeg', ['-v', 'error', '-i', word, ...alone, `file:${film}`])
      await recognize()
      expect(transcript().utterances.map(({ text }) => text)).toEqual([expect.stringMatching(/^yes\b/i)])
      expect(transcript().utterances[0]?.startS).toBeCloseTo(2, 0)
    },
  )

  it.runIf(withModels(() => findInstalledModel('whisper-base')?.isInstalled === true))(
    'hears a sentence that is said twice with a pause between, with the larger model, too',
    async () => {
      const { film, path, recognize, transcript } = await bench()
      const once = path('once.wav')
      execFileSync('flite', ['-voice', 'rms', '-t', 'today we will talk about the history of our city', '-o', once])
      const twice = '[0:a]apad,atrim=end=5,asplit[a][b];[a][b]concat=n=2:v=0:a=1'
      execFileSync('ffmpeg', [
        '-v',
        'error',
        '-i',
        once,
        '-filter_complex',
        twice,
        '-c:a',
        'pcm_s16le',
        '-f',
        'wav',
        `file:${film}`,
      ])
      const { executed } = await recognize({ recognizer: 'whisper-base', language: 'auto' })
      expect(executed).toContain('find-language')
      const { utterances, language } = transcript()
      expect(language).toBe('en')
      expect(utterances.map(({ text }) => text.toLowerCase().includes('history of our city'))).toEqual([true, true])
      expect(utterances[0]?.endS).toBeLessThan(3.6)
      expect(utterances[1]?.startS).toBeCloseTo(5.15, 1)
    },
    // The larger model hears four stretches.
    180_000,
  )

  it('writes nothing where nobody speaks', async () => {
    const { film, recognize, transcript } = await bench()
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'anullsrc=r=16000:cl=mono', '-t', '20', `file:${film}`])
    expect((await recognize()).result.status).toBe('completed')
    expect(transcript().utterances).toEqual([])
  })

  it('ends at once when it is cancelled', async () => {
    const { film, jobDir, store } = await bench()
    execFileSync('sh', ['scripts/make-sample.sh', film, '7'], { stdio: 'ignore' })
    const stop = new AbortController()
    const events = new EventBus()
    events.on('stage_running', ({ stage }) => void (stage === 'recognize/whole.wav' && stop.abort()))
    const running = runPipeline({
      pipeline: subtitles,
      inputs: { video: film },
      params: { recognizer: 'whisper-tiny.en' },
      selection: { to: 'stitch' },
      jobDir,
      store,
      device: 'cpu',
      signal: stop.signal,
      events,
    })
    expect((await running).status).toBe('cancelled')
  })
})

it('says how to install the model that a language needs', async () => {
  const { run, path } = await createWorkbench()
  const film = path('talk.mp4')
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'anullsrc', '-t', '1', `file:${film}`])
  const { result } = await run(subtitles, { inputs: { video: film }, params: { language: 'de' } })
  expect(result).toMatchObject({
    status: 'failed',
    failure: { kind: 'tool-missing', tool: 'whisper', install: 'reprise models install whisper-base' },
  })
})
