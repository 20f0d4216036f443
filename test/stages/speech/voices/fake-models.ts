import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { packVoices } from '../../../../src/models/formats/conversion.ts'
import { temporaryDirectory } from '../../../rig/workbench.ts'

/** What a library of nets does, as far as the script calls it: it answers a tone, longer for more sounds. */
const library = `
exports.Tensor = class { constructor(type, data, dims) { Object.assign(this, { type, data, dims }) } }
exports.InferenceSession = {
  create: async (net, options) => {
    require('node:fs').appendFileSync(__dirname + '/../../../../loads', 'a net\\n')
    if (!Buffer.from(net).toString().startsWith('the net')) throw new Error('another net')
    return {
      outputNames: ['audio'],
      release: async () => {},
      run: async (inputs) => {
        const { data } = inputs.tokens ?? inputs.input
        const level = inputs.style === undefined ? 0.5 : inputs.style.data[0]
        const samples = Float32Array.from({ length: 2400 * data.length }, (_, at) => level * Math.sin(at / 8))
        return { audio: { data: samples } }
      },
    }
  },
}
`

/** The config of a voice of Piper. */
export const piperConfig = {
  audio: { sample_rate: 22_050 },
  espeak: { voice: 'de' },
  phoneme_id_map: Object.fromEntries([...'^_$ abcdefghijklmnopqrstuvwxyzɛəˈ'].map((letter, id) => [letter, [id]])),
}

/** Makes a directory of models with nets that the library above runs; `loads` tells how often one was loaded. */
export async function fakeModels(): Promise<{ readonly loads: () => number }> {
  const home = temporaryDirectory()
  const write = (path: string, content: string | Buffer) => {
    mkdirSync(join(home, path, '..'), { recursive: true })
    writeFileSync(join(home, path), content)
    return { name: path.split('/').at(-1) ?? '', path: join(home, path) }
  }
  const net = write('made/net.onnx', 'the net')
  const config = write('made/net.onnx.json', JSON.stringify(piperConfig))
  const style = Buffer.alloc(4 * 256 * 510)
  for (let at = 0; at < 510; at += 1) style.writeFloatLE(0.25, 4 * 256 * at)
  const voice = write('made/bf_emma.bin', style)
  mkdirSync(join(home, 'kokoro'))
  mkdirSync(join(home, 'piper-joe'))
  await packVoices([net, voice], join(home, 'kokoro/kokoro.safetensors'))
  await packVoices([net, config], join(home, 'piper-joe/piper-joe.safetensors'))
  const packagePath = 'runtimes/onnxruntime-1.30.0/node_modules/onnxruntime-node'
  write(`${packagePath}/package.json`, JSON.stringify({ version: '1.30.0', main: 'index.js' }))
  write(`${packagePath}/index.js`, library)
  vi.stubEnv('REPRISE_MODELS', home)
  onTestFinished(() => void vi.unstubAllEnvs())
  return { loads: () => readFileSync(join(home, 'loads'), 'utf8').trim().split('\n').length }
}
