/**
 * What runs in a process of its own: RNNoise as WebAssembly, program and weights in one file, on a file of samples of 16 bits at
 * 48 kHz. The net is a frame late, so that what it writes first is left out. It prints how many bytes are done. It is text, so
 * that programs and bundles need no file of their own for it.
 */
export const rnnoiseScript = `
const { closeSync, openSync, readFileSync, readSync, writeSync } = require('node:fs')
const [wasm, from, to] = process.argv.slice(1)
const [frame, block] = [480, 480 * 1000]
let memory
// What the compiler calls them: to make the memory larger, and to copy much in it.
const needed = { a: { a: () => 0, b: (to, from, count) => new Uint8Array(memory.buffer).copyWithin(to, from, from + count) } }
const { exports: net } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasm)), needed)
memory = net.c
net.d()
const state = net.f(0)
const at = net.g(4 * frame)
const [input, output] = [openSync(from), openSync(to, 'wx')]
const bytes = Buffer.alloc(2 * block)
let [isFirst, done] = [true, 0]
for (let isLast = false; !isLast; ) {
  const count = readSync(input, bytes, 0, bytes.length, null)
  isLast = count < bytes.length
  bytes.fill(0, count)
  const samples = isLast ? frame * (Math.ceil(count / 2 / frame) + 1) : block
  const made = Buffer.alloc(2 * samples)
  for (let begin = 0; begin < samples; begin += frame) {
    const view = new Float32Array(memory.buffer, at, frame)
    for (let sample = 0; sample < frame; sample++) {
      const place = 2 * (begin + sample)
      view[sample] = place < bytes.length ? bytes.readInt16LE(place) : 0
    }
    net.j(state, at, at)
    for (let sample = 0; sample < frame; sample++) {
      made.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(view[sample]))), 2 * (begin + sample))
    }
  }
  writeSync(output, made, isFirst ? 2 * frame : 0)
  isFirst = false
  done += count
  process.stdout.write(done + '\\n')
}
closeSync(input)
closeSync(output)
`
