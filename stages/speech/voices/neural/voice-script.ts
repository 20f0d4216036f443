/**
 * What runs in a process of its own: it loads a model that speaks once, and speaks one piece after the other into WAV files.
 * It prints a line for each. The file of the model is one of safetensors: `model`, the net in ONNX, `config`, and voices. It
 * is text, so that programs and bundles need no file of their own for it.
 */
export const voiceScript = `
const { readFileSync, writeFileSync } = require('node:fs')
const [anchor, library, packed, jobPath] = process.argv.slice(1)
const { InferenceSession, Tensor } = require('node:module').createRequire(anchor)(library)
const { kind, voice, speed, letters, pieces } = JSON.parse(readFileSync(jobPath, 'utf8'))
const bytes = readFileSync(packed)
const start = 8 + Number(bytes.readBigUInt64LE(0))
const header = JSON.parse(bytes.toString('utf8', 8, start))
const part = (name) => {
  const [from, to] = header[name].data_offsets
  return bytes.subarray(start + from, start + to)
}
const longs = (numbers) => new Tensor('int64', BigInt64Array.from(numbers, BigInt), [1, numbers.length])
const kokoro = () => {
  const styles = part(voice)
  const numbers = 256
  const count = styles.length / 4 / numbers
  return {
    rateHz: 24000,
    inputs: (sounds) => {
      const ids = [...sounds].flatMap((letter) => letters[letter] ?? [])
      const at = Math.min(ids.length, count - 1)
      const style = Float32Array.from({ length: numbers }, (_, index) => styles.readFloatLE(4 * (at * numbers + index)))
      return {
        tokens: longs([0, ...ids, 0]),
        style: new Tensor('float32', style, [1, numbers]),
        speed: new Tensor('float32', Float32Array.from([speed]), [1]),
      }
    },
  }
}
const piper = () => {
  const { audio, phoneme_id_map: known } = JSON.parse(part('config').toString('utf8'))
  return {
    rateHz: audio.sample_rate,
    inputs: (sounds) => {
      const ids = [...known['^'], ...known['_']]
      for (const letter of sounds.normalize('NFD')) if (known[letter]) ids.push(...known[letter], ...known['_'])
      ids.push(...known['$'])
      return {
        input: longs(ids),
        input_lengths: new Tensor('int64', BigInt64Array.from([BigInt(ids.length)]), [1]),
        // Without noise, so that the same text sounds the same twice.
        scales: new Tensor('float32', Float32Array.from([0, 1 / speed, 0]), [3]),
      }
    },
  }
}
const wavOf = (chunks, rateHz) => {
  const samples = chunks.reduce((sum, { length }) => sum + length, 0)
  const wav = Buffer.alloc(44 + 2 * samples)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + 2 * samples, 4)
  wav.write('WAVEfmt ', 8)
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(1, 22)
  wav.writeUInt32LE(rateHz, 24)
  wav.writeUInt32LE(2 * rateHz, 28)
  wav.writeUInt16LE(2, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36)
  wav.writeUInt32LE(2 * samples, 40)
  let at = 44
  for (const chunk of chunks) {
    for (const sample of chunk) at = wav.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32767), at)
  }
  return wav
}
const work = async () => {
  const { rateHz, inputs } = kind === 'kokoro' ? kokoro() : piper()
  // One thread: scenes are spoken side by side.
  const session = await InferenceSession.create(part('model'), { intraOpNumThreads: 1, interOpNumThreads: 1 })
  for (const { sounds, wav } of pieces) {
    const chunks = []
    for (const some of sounds) chunks.push((await session.run(inputs(some)))[session.outputNames[0]].data)
    writeFileSync(wav, wavOf(chunks, rateHz))
    process.stdout.write('spoken\\n')
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
