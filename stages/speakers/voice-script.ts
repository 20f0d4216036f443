/**
 * What runs in a process of its own: it tells by the net of Resemblyzer how the voice sounds in each stretch of a recording.
 * The net hears 1.6 s at once, as 160 spectra in 40 mel bands (Slaney's), of 25 ms each and 10 ms apart. It prints lists of
 * directions in space, one a stretch, as JSON.
 */
export const voiceScript = `
const { openSync, readFileSync, readSync } = require('node:fs')
const [anchor, library, model, jobPath] = process.argv.slice(1)
const { InferenceSession, Tensor } = require('node:module').createRequire(anchor)(library)
const { path, dataAt, samples, starts } = JSON.parse(readFileSync(jobPath, 'utf8'))
const size = 400, hop = 160, frames = 160, bands = 40, rate = 16000, batch = 32
const audio = openSync(path)
const read = (from, count) => {
  const values = new Float32Array(count)
  const [first, last] = [Math.max(0, from), Math.min(samples, from + count)]
  if (last <= first) return values
  const bytes = Buffer.alloc(2 * (last - first))
  readSync(audio, bytes, 0, bytes.length, dataAt + 2 * first)
  for (let at = 0; at < last - first; at++) values[first - from + at] = bytes.readInt16LE(2 * at) / 32768
  return values
}
// As loud as what the net learned from: the loudest parts at 0.7, and on average no quieter than -30 dB.
const counts = new Float64Array(32769)
for (let from = 0; from < samples; from += 1 << 20)
  for (const value of read(from, Math.min(1 << 20, samples - from))) counts[Math.round(Math.abs(value) * 32768)]++
let [left, loud] = [samples / 1000, 32768]
while (loud > 1 && left >= counts[loud]) left -= counts[loud--]
const gain = 0.7 / (loud / 32768)
let power = 0
for (let level = 0; level <= 32768; level++) power += counts[level] * Math.min(1, (gain * level) / 32768) ** 2
const scale = Math.max(1, 10 ** (-30 / 20) / Math.sqrt(power / Math.max(1, samples) + 1e-12))
const melOf = (hz) => (hz < 1000 ? (hz * 3) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4))
const hzOf = (mel) => (mel < 15 ? (mel * 200) / 3 : 1000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27))
const edges = Array.from({ length: bands + 2 }, (_, at) => hzOf((melOf(rate / 2) * at) / (bands + 1)))
const bins = size / 2 + 1
const filters = Array.from({ length: bands }, (_, band) => {
  const [low, mid, high] = edges.slice(band, band + 3)
  return Float64Array.from({ length: bins }, (_, bin) => {
    const hz = (bin * rate) / size
    return (Math.max(0, Math.min((hz - low) / (mid - low), (high - hz) / (high - mid))) * 2) / (high - low)
  })
})
const window = Float64Array.from({ length: size }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / size))
const cosine = Float64Array.from({ length: size }, (_, at) => Math.cos((2 * Math.PI * at) / size))
const known = new Map()
const melsAt = (frame) => {
  let mels = known.get(frame)
  if (mels !== undefined) return mels
  const sound = read(frame * hop - size / 2, size)
  const even = new Float64Array(size / 2)
  const odd = new Float64Array(size / 2)
  for (let at = 0; at < size; at++) {
    const value = Math.max(-1, Math.min(1, sound[at] * gain)) * scale * window[at]
    if (at % 2 === 0) even[at / 2] = value
    else odd[(at - 1) / 2] = value
  }
  const powers = new Float64Array(bins)
  // Half of the spectrum from the even samples and the odd ones, each transformed once for two frequencies.
  for (let bin = 0; bin <= size / 4; bin++) {
    let [er, ei, or, oi] = [0, 0, 0, 0]
    for (let at = 0, turn = 0; at < size / 2; at++) {
      const c = cosine[turn]
      const s = cosine[(turn + 300) % size]
      er += even[at] * c
      ei -= even[at] * s
      or += odd[at] * c
      oi -= odd[at] * s
      turn = (turn + 2 * bin) % size
    }
    const [c, s] = [cosine[bin], cosine[(bin + 300) % size]]
    const [tr, ti] = [or * c + oi * s, oi * c - or * s]
    powers[bin] = (er + tr) ** 2 + (ei + ti) ** 2
    powers[size / 2 - bin] = (er - tr) ** 2 + (ei - ti) ** 2
  }
  mels = filters.map((filter) => filter.reduce((sum, weight, bin) => sum + weight * powers[bin], 0))
  known.set(frame, mels)
  return mels
}
const work = async () => {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 2, interOpNumThreads: 1 })
  for (let first = 0; first < starts.length; first += batch) {
    const part = starts.slice(first, first + batch)
    for (const frame of known.keys()) if (frame < part[0]) known.delete(frame)
    const data = new Float32Array(part.length * frames * bands)
    for (const [index, start] of part.entries())
      for (let frame = 0; frame < frames; frame++) data.set(melsAt(start + frame), (index * frames + frame) * bands)
    const { voice } = await session.run({ mels: new Tensor('float32', data, [part.length, frames, bands]) })
    const width = voice.dims[1]
    const voices = part.map((_, index) => [...voice.data.subarray(index * width, (index + 1) * width)].map((value) => Number(value.toFixed(4))))
    process.stdout.write(JSON.stringify(voices) + '\\n')
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
