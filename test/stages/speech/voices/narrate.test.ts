import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { testStage } from '../../../../src/index.ts'
import { wavFile } from '../../../../stages/media/wav.ts'
import { provideSpeechServer } from '../../../../stages/speech/voices/provide-speech.ts'
import { narrate, narrateByServer } from '../../../../stages/video/narrate.ts'
import { temporaryDirectory } from '../../../rig/workbench.ts'
import { fakeModels } from './fake-models.ts'

const piece = (text: string) => ({ text, caption: text, pauseS: 0.2 })
const speech = { pieces: [piece('Hello there.'), piece('A second, longer sentence.')], tailS: 0.4, leastS: 0 }

describe('narrate, by a model', () => {
  it.each([
    ['kokoro', { voice: 'en-gb' }, 'voice: en-gb of kokoro 1.0'],
    ['piper', {}, 'voice: piper 1.0.0'],
  ] as const)('%s speaks each piece, and its pieces are timed', async (synthesizer, params, said) => {
    await fakeModels()
    const { outputs, failure, log } = await testStage(narrate, {
      inputs: { speech },
      params: { synthesizer, ...params },
    })
    expect(failure).toBeUndefined()
    const [first, second] = outputs?.timing.pieces ?? []
    expect(first?.text).toBe('Hello there.')
    expect(first?.startS).toBeCloseTo(0.35, 3)
    const lastsS = ({ startS = 0, endS = 0 } = {}) => endS - startS
    expect(lastsS(second)).toBeGreaterThan(1.3 * lastsS(first))
    expect(log.join('\n')).toContain(said)
  })

  it('says which voices there are where one is none, and how a model is installed', async () => {
    vi.stubEnv('REPRISE_MODELS', temporaryDirectory())
    onTestFinished(() => void vi.unstubAllEnvs())
    const missing = await testStage(narrate, { inputs: { speech }, params: { synthesizer: 'kokoro' } })
    expect(missing.failure).toMatchObject({ kind: 'tool-missing', install: 'reprise models install kokoro' })
    await fakeModels()
    const { failure } = await testStage(narrate, {
      inputs: { speech: { ...speech, voice: 'anna' } },
      params: { synthesizer: 'kokoro' },
    })
    expect(JSON.stringify(failure)).toContain("Kokoro has no voice 'anna' for 'en'; it has: af_heart")
  })
})

interface Asked {
  readonly authorization: string | undefined
  readonly body: unknown
}

/** Starts a server that speaks a tone; `misbehave` returns true where it has answered by itself. */
async function speechServer(misbehave: (count: number, response: ServerResponse) => boolean = () => false) {
  const asked: Asked[] = []
  const tone = wavFile({
    sampleRateHz: 24_000,
    samples: Int16Array.from({ length: 12_000 }, (_, at) => 9000 * Math.sin(at / 9)),
  })
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      asked.push({ authorization: request.headers.authorization, body: JSON.parse(Buffer.concat(parts).toString()) })
      if (!misbehave(asked.length, response)) response.end(tone)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    env: {
      REPRISE_SPEECH_ADDRESS: `http://127.0.0.1:${port}/v1`,
      REPRISE_SPEECH_MODEL: 'tiny',
      REPRISE_SPEECH_KEY: 'sesame-open',
    },
    asked,
  }
}

describe('narrate, by a server', () => {
  it('is asked for each piece, again where it is busy, cut off or answers nonsense, with a key that is written nowhere', async () => {
    const { env, asked } = await speechServer((count, response) => {
      if (count === 1) response.writeHead(429, { 'retry-after': '0' }).end()
      else if (count === 2) response.writeHead(500, { 'retry-after': '0' }).end('{"error":"out of memory"}')
      else if (count === 3) {
        response.writeHead(200, { 'content-length': '5000' }).write('RIFF')
        response.destroy()
      } else if (count === 4) response.end('<html>nonsense</html>')
      else return false
      return true
    })
    const { outputs, failure, log } = await testStage(narrateByServer, {
      inputs: { speech },
      params: { voice: 'nova' },
      services: provideSpeechServer(env),
    })
    expect(failure).toBeUndefined()
    expect(outputs?.timing.pieces).toHaveLength(2)
    expect(asked).toHaveLength(6)
    expect(asked.at(-1)).toEqual({
      authorization: 'Bearer sesame-open',
      body: { model: 'tiny', input: 'A second, longer sentence.', voice: 'nova', speed: 1, response_format: 'wav' },
    })
    const written = log.join('\n')
    expect(written).toMatch(/answered 429.*asked again in 0 ms/)
    expect(written).toContain('the speech server cannot be reached')
    expect(written).toContain('answered something else than sound')
    expect(written).not.toMatch(/sesame|127\.0\.0\.1/)
    expect(readFileSync(outputs?.audio ?? '').toString('latin1', 0, 4)).toBe('RIFF')
  })

  it.each([
    [{ REPRISE_SPEECH_KEY: '' }, false, /the speech server answered 401: no such key/],
    [{}, true, /the run is offline and what tiny is to speak is not in the store/],
    [{ REPRISE_SPEECH_MODEL: '' }, false, /set REPRISE_SPEECH_MODEL to the name of the model that speaks/],
    [{ REPRISE_SPEECH_ADDRESS: 'here' }, false, /set REPRISE_SPEECH_ADDRESS to the address of its API/],
  ])('with %j, offline %s, it says %s', async (more, offline, message) => {
    const { env } = await speechServer((_, response) => {
      response.writeHead(401).end('no such key')
      return true
    })
    const { failure } = await testStage(narrateByServer, {
      inputs: { speech },
      services: provideSpeechServer({ ...env, ...more }, { offline }),
    })
    expect(JSON.stringify(failure)).toMatch(message)
  })
})
