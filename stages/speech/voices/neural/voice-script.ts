/**
 * What runs in a process of its own: it loads a model that speaks once, and speaks the pieces of one scene after the other
 * into WAV files. It prints a line for each, and then how many there were as its answer. The file of the model is one of
 * safetensors: `model`, the net in ONNX, `config`, and voices; or each question names a `net` in ONNX. It is text, so that
 * programs and bundles need no file of their own for it.
 */
export const voiceScript = `
const { readFileSync, writeFileSync } = require('node:fs')
const { createHash } = require('node:crypto')
const [anchor, library, file] = process.argv.slice(1)
const { InferenceSession, Tensor } = require('node:module').createRequire(anchor)(library)
const bytes = file === undefined ? Buffer.alloc(0) : readFileSync(file)
const start = file === undefined ? 0 : 8 + Number(bytes.readBigUInt64LE(0))
const header = file === undefined ? {} : JSON.parse(bytes.toString('utf8', 8, start))
const part = (name) => {
  const [from, to] = header[name].data_offsets
  return bytes.subarray(start + from, start + to)
}
const longs = (numbers) => new Tensor('int64', BigInt64Array.from(numbers, BigInt), [1, numbers.length])
const kokoro = ({ voice, speed, letters }) => {
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
const piper = ({ speed, config = JSON.parse(part('config').toString('utf8')) }) => {
  const { audio, phoneme_id_map: known, num_speakers: speakers = 1 } = config
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
        ...(speakers > 1 ? { sid: new Tensor('int64', BigInt64Array.from([0n]), [1]) } : {}),
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
const most = 4
const loaded = new Map()
// One thread: scenes are spoken side by side. The same net is at another path in each step, so its content tells it.
const sessionOf = async (net) => {
  const content = net === undefined ? undefined : readFileSync(net)
  const id = content === undefined ? '' : createHash('sha256').update(content).digest('hex')
  const known = loaded.get(id)
  if (known !== undefined) return known
  if (loaded.size >= most) {
    const [oldest, unused] = loaded.entries().next().value
    loaded.delete(oldest)
    // Node does not see how much memory it has, and would not collect it in time.
    await unused.release()
  }
  const session = await InferenceSession.create(content ?? part('model'), { intraOpNumThreads: 1, interOpNumThreads: 1 })
  loaded.set(id, session)
  return session
}
const answer = async (question) => {
  const { rateHz, inputs } = question.kind === 'kokoro' ? kokoro(question) : piper(question)
  const session = await sessionOf(question.net)
  for (const { sounds, wav } of question.pieces) {
    const chunks = []
    for (const some of sounds) chunks.push((await session.run(inputs(some)))[session.outputNames[0]].data)
    writeFileSync(wav, wavOf(chunks, rateHz))
    process.stdout.write('spoken\\n')
  }
  return question.pieces.length
}
const work = async () => {
  for await (const line of require('node:readline').createInterface({ input: process.stdin })) {
    const said = await answer(JSON.parse(line)).then((value) => ({ answer: value }), (error) => ({ error: error.message }))
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
