/**
 * What runs in a process of its own: it tells for each frame of a recording how likely somebody speaks in it, as lines of
 * JSON: lists of numbers from 0 to 1. It answers with how many there were. In each part of the recording it begins anew: it
 * hears the `warmUpFrames` before it, and nothing else of what came before.
 */
export const sileroScript = `
const { closeSync, openSync, readSync } = require('node:fs')
const [anchor, library, model] = process.argv.slice(1)
const { InferenceSession, Tensor } = require('node:module').createRequire(anchor)(library)
const contextSamples = 64
const rate = new Tensor('int64', BigInt64Array.from([16000n]))
const together = 32
// Several parts are heard at once, a frame of each: that takes little more time than one.
const hear = async (session, audio, { dataAt, frameSamples, warmUpFrames, parts }) => {
  const width = contextSamples + frameSamples
  const bytes = Buffer.alloc(2 * frameSamples)
  let count = 0
  const tell = (probabilities) => {
    if (probabilities.length > 0) process.stdout.write(JSON.stringify(probabilities) + '\\n')
    count += probabilities.length
  }
  for (let first = 0; first < parts.length; first += together) {
    const group = parts.slice(first, first + together)
    let active = group.map(({ from, to }) => {
      const early = Math.min(warmUpFrames, Math.floor(from / frameSamples))
      return { from, to, at: from - early * frameSamples, heard: new Float32Array(width), state: new Float32Array(256), told: [] }
    })
    const all = active
    for (;;) {
      active = active.filter(({ at, to }) => at + frameSamples <= to)
      const size = active.length
      if (size === 0) break
      const input = new Float32Array(size * width)
      const state = new Float32Array(size * 256)
      for (const [row, part] of active.entries()) {
        readSync(audio, bytes, 0, bytes.length, dataAt + 2 * part.at)
        part.heard.copyWithin(0, frameSamples)
        for (let index = 0; index < frameSamples; index++) part.heard[contextSamples + index] = bytes.readInt16LE(2 * index) / 32768
        input.set(part.heard, row * width)
        state.set(part.state.subarray(0, 128), row * 128)
        state.set(part.state.subarray(128), (size + row) * 128)
      }
      const { output, stateN } = await session.run({
        input: new Tensor('float32', input, [size, width]),
        state: new Tensor('float32', state, [2, size, 128]),
        sr: rate,
      })
      for (const [row, part] of active.entries()) {
        part.state.set(stateN.data.subarray(row * 128, (row + 1) * 128))
        part.state.set(stateN.data.subarray((size + row) * 128, (size + row + 1) * 128), 128)
        if (part.at >= part.from) part.told.push(Number(output.data[row].toFixed(3)))
        part.at += frameSamples
      }
      if (all.length === 1 && all[0].told.length === 1000) tell(all[0].told.splice(0))
    }
    for (const { told } of all) tell(told)
  }
  return count
}
const answer = async (session, { path, ...job }) => {
  const audio = openSync(path)
  try {
    return await hear(session, audio, job)
  } finally {
    closeSync(audio)
  }
}
const work = async () => {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 })
  for await (const line of require('node:readline').createInterface({ input: process.stdin })) {
    const said = await answer(session, JSON.parse(line)).then((value) => ({ answer: value }), (error) => ({ error: error.message }))
    process.stdout.write(JSON.stringify(said) + '\\n')
  }
}
work().then(
  () => process.exit(0),
  (error) => {
    console.error(error)
    process.exit(1)
  },
)
`
