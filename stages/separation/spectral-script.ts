/**
 * What runs in a process of its own: it separates a WAV file of two channels at 44.1 kHz into two of the same form. It reads
 * spectra of 4096 samples, 1024 apart, and asks of 512 of them at once how much of each frequency of each channel is voice:
 * the net of Spleeter, if there is one, else where the channels agree and how much louder it is than what is always there.
 * The rest is what the voices are not. Both channels are one complex signal, so that one transform does for both. It prints
 * how much is done, as JSON.
 */
export const spectralScript = `
const { openSync, readFileSync, readSync, writeSync } = require('node:fs')
const [anchor, library, model, jobPath] = process.argv.slice(1)
const { sound, dataAt, samples, voices, rest } = JSON.parse(readFileSync(jobPath, 'utf8'))
const size = 4096, hop = 1024, frames = 512, bins = 1024, overlap = 2
const window = Float64Array.from({ length: size }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / size))
const cosines = Float64Array.from({ length: size / 2 }, (_, at) => Math.cos((2 * Math.PI * at) / size))
const sines = Float64Array.from({ length: size / 2 }, (_, at) => Math.sin((2 * Math.PI * at) / size))
const reversed = Uint16Array.from({ length: size }, (_, at) => {
  let turned = 0
  for (let bit = 1; bit < size; bit *= 2) turned = turned * 2 + (at & bit ? 1 : 0)
  return turned
})
const transform = (re, im, sign) => {
  for (let at = 0; at < size; at++) {
    const other = reversed[at]
    if (other <= at) continue
    ;[re[at], re[other]] = [re[other], re[at]]
    ;[im[at], im[other]] = [im[other], im[at]]
  }
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half)
    for (let base = 0; base < size; base += 2 * half)
      for (let k = 0; k < half; k++) {
        const c = cosines[k * stride]
        const s = sign * sines[k * stride]
        const one = base + k
        const two = one + half
        const tr = re[two] * c - im[two] * s
        const ti = re[two] * s + im[two] * c
        re[two] = re[one] - tr
        im[two] = im[one] - ti
        re[one] += tr
        im[one] += ti
      }
  }
}
const input = openSync(sound)
const read = (from, count) => {
  const bytes = Buffer.alloc(4 * count)
  const first = Math.max(0, from)
  const last = Math.min(samples, from + count)
  if (last > first) readSync(input, bytes, 4 * (first - from), 4 * (last - first), dataAt + 4 * first)
  return bytes
}
const outputs = [voices, rest].map((path) => {
  const file = openSync(path, 'w')
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(Math.min(0xffffffff, 36 + 4 * samples), 4)
  head.write('WAVEfmt ', 8, 'latin1')
  for (const [value, at, bytes] of [[16, 16, 4], [1, 20, 2], [2, 22, 2], [44100, 24, 4], [176400, 28, 4], [4, 32, 2], [16, 34, 2]])
    head.writeUIntLE(value, at, bytes)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(Math.min(0xffffffff, 4 * samples), 40)
  writeSync(file, head)
  return file
})
// A spectrum begins this many samples before the place of its number; two before the first see its beginning, too.
const startOf = (frame) => (frame - overlap) * hop - size / 2
const byNet = async () => {
  const { InferenceSession, Tensor } = require('node:module').createRequire(anchor)(library)
  const session = await InferenceSession.create(model, { intraOpNumThreads: 2, interOpNumThreads: 1 })
  return async ({ magnitudes }) => {
    const { mask } = await session.run({ magnitudes: new Tensor('float32', magnitudes, [1, 2, frames, bins]) })
    return mask.data
  }
}
// Of a voice in the middle, both channels have the same. What is as loud in the quietest fifth of twelve seconds is no voice.
const lowestBin = 8, alwaysThere = 1.5, least = 0.05
const bySignal = () => ({ magnitudes, products, count }) => {
  const mask = new Float32Array(2 * frames * bins)
  const powers = new Float64Array(count)
  for (let bin = lowestBin; bin < bins; bin++) {
    for (let frame = 0; frame < count; frame++)
      powers[frame] = magnitudes[frame * bins + bin] ** 2 + magnitudes[(frames + frame) * bins + bin] ** 2
    const floor = powers.slice().sort()[Math.floor(count / 5)]
    for (let frame = 0; frame < count; frame++) {
      const agreed = Math.max(0, (2 * products[frame * bins + bin]) / (powers[frame] + 1e-12))
      const share = agreed * Math.max(least, 1 - (alwaysThere * floor) / (powers[frame] + 1e-12))
      mask[frame * bins + bin] = share
      mask[(frames + frame) * bins + bin] = share
    }
  }
  return mask
}
const work = async () => {
  const maskOf = model === undefined || model === '' ? bySignal() : await byNet()
  const count = Math.floor(samples / hop) + 2 * overlap + 1
  const length = frames * hop + size
  let left = new Float64Array(length), right = new Float64Array(length), weight = new Float64Array(length)
  const [re, im] = [new Float64Array(size), new Float64Array(size)]
  const spectra = Array.from({ length: frames }, () => [new Float64Array(size), new Float64Array(size)])
  for (let first = 0; first < count; first += frames) {
    const magnitudes = new Float32Array(2 * frames * bins)
    const products = new Float32Array(frames * bins)
    const start = startOf(first)
    const bytes = read(start, length)
    for (let frame = 0; frame < frames; frame++) {
      const [real, imaginary] = spectra[frame]
      for (let at = 0; at < size; at++) {
        real[at] = (bytes.readInt16LE(4 * (frame * hop + at)) / 32768) * window[at]
        imaginary[at] = (bytes.readInt16LE(4 * (frame * hop + at) + 2) / 32768) * window[at]
      }
      transform(real, imaginary, -1)
      for (let bin = 0; bin < bins; bin++) {
        const mirror = (size - bin) % size
        const [sr, si, dr, di] = [real[bin] + real[mirror], imaginary[bin] - imaginary[mirror], real[bin] - real[mirror], imaginary[bin] + imaginary[mirror]]
        magnitudes[frame * bins + bin] = Math.hypot(sr, si) / 2
        magnitudes[(frames + frame) * bins + bin] = Math.hypot(di, dr) / 2
        // The left spectrum is (sr + i si) / 2, the right one (di - i dr) / 2.
        products[frame * bins + bin] = (sr * di - si * dr) / 4
      }
    }
    const mask = await maskOf({ magnitudes, products, count: Math.min(frames, count - first) })
    for (let frame = 0; frame < frames && first + frame < count; frame++) {
      const [real, imaginary] = spectra[frame]
      re.fill(0)
      im.fill(0)
      for (let bin = 0; bin < bins; bin++) {
        const mirror = (size - bin) % size
        const [ml, mr] = [mask[frame * bins + bin], mask[(frames + frame) * bins + bin]]
        // Of the one complex signal, the left channel is the even part of its spectrum, the right one the odd part.
        const [lr, li] = [((real[bin] + real[mirror]) / 2) * ml, ((imaginary[bin] - imaginary[mirror]) / 2) * ml]
        const [rr, ri] = [((imaginary[bin] + imaginary[mirror]) / 2) * mr, ((real[mirror] - real[bin]) / 2) * mr]
        re[bin] = lr - ri
        im[bin] = li + rr
        if (mirror === bin) continue
        re[mirror] = lr + ri
        im[mirror] = rr - li
      }
      transform(re, im, 1)
      for (let at = 0; at < size; at++) {
        left[frame * hop + at] += (re[at] / size) * window[at]
        right[frame * hop + at] += (im[at] / size) * window[at]
        weight[frame * hop + at] += window[at] ** 2
      }
    }
    // What no later spectrum adds to is done.
    const isLast = first + frames >= count
    const done = isLast ? length : frames * hop
    const parts = [Buffer.alloc(4 * done), Buffer.alloc(4 * done)]
    let [from, to] = [0, 0]
    for (let at = 0; at < done; at++) {
      if (start + at < 0) from = at + 1
      if (start + at < samples) to = at + 1
      for (const [side, sum] of [[0, left[at]], [2, right[at]]]) {
        const voice = (sum / Math.max(weight[at], 1e-8)) * 32768
        const whole = Math.max(-32768, Math.min(32767, Math.round(voice)))
        parts[0].writeInt16LE(whole, 4 * at + side)
        parts[1].writeInt16LE(Math.max(-32768, Math.min(32767, bytes.readInt16LE(4 * at + side) - whole)), 4 * at + side)
      }
    }
    for (const [index, part] of parts.entries()) if (to > from) writeSync(outputs[index], part, 4 * from, 4 * (to - from))
    const kept = (sums) => {
      const next = new Float64Array(length)
      next.set(sums.subarray(frames * hop))
      return next
    }
    ;[left, right, weight] = [kept(left), kept(right), kept(weight)]
    process.stdout.write(JSON.stringify(Math.min(1, (first + frames) / count)) + '\\n')
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
