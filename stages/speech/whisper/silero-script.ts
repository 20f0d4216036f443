/**
 * What runs in a process of its own: it tells for each frame of a recording how likely somebody speaks in it, as lines of
 * JSON: lists of numbers from 0 to 1.
 */
export const sileroScript = `
const { openSync, readFileSync, readSync } = require('node:fs')
const [anchor, library, model, jobPath] = process.argv.slice(1)
const { InferenceSession, Tensor } = require('node:module').createRequire(anchor)(library)
const { path, dataAt, samples, frameSamples } = JSON.parse(readFileSync(jobPath, 'utf8'))
const contextSamples = 64
const work = async () => {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 })
  const audio = openSync(path)
  const bytes = Buffer.alloc(2 * frameSamples)
  const rate = new Tensor('int64', BigInt64Array.from([16000n]))
  const heard = new Float32Array(contextSamples + frameSamples)
  let state = new Tensor('float32', new Float32Array(256), [2, 1, 128])
  let probabilities = []
  const frames = Math.floor(samples / frameSamples)
  for (let frame = 0; frame < frames; frame++) {
    readSync(audio, bytes, 0, bytes.length, dataAt + bytes.length * frame)
    heard.copyWithin(0, frameSamples)
    for (let index = 0; index < frameSamples; index++) heard[contextSamples + index] = bytes.readInt16LE(2 * index) / 32768
    const input = new Tensor('float32', heard.slice(), [1, heard.length])
    const { output, stateN } = await session.run({ input, state, sr: rate })
    state = stateN
    probabilities.push(Number(output.data[0].toFixed(3)))
    if (probabilities.length < 1000 && frame + 1 < frames) continue
    process.stdout.write(JSON.stringify(probabilities) + '\\n')
    probabilities = []
  }
}
work().then(
  () => process.stdout.write('', () => process.exit(0)),
  (error) => {
    console.error(error)
    process.exit(1)
  },
)
`
