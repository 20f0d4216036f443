import { open, readFile, writeFile } from 'node:fs/promises'
import { readCtranslate2 } from './ctranslate2.ts'
import { ge2eOnnx } from './ge2e-onnx.ts'
import { readNumpyWeights } from './numpy-weights.ts'
import { safetensors, type Tensor } from './safetensors.ts'
import { spleeterOnnx } from './spleeter-onnx.ts'
import { readOldTorchWeights, readTorchWeights } from './torch-weights.ts'
import { whisperGgml } from './whisper-ggml.ts'

/** A file under the name that its package gives it. */
export interface NamedFile {
  readonly name: string
  readonly path: string
}

/** Writes a model of CTranslate2, its weights perhaps in several parts, as a file of whisper.cpp. */
export async function convertToGgml(files: readonly NamedFile[], target: string): Promise<void> {
  const tokenizer = files.find(({ name }) => name === 'tokenizer.json')
  if (tokenizer === undefined) throw new TypeError('a tokenizer.json is missing')
  const parts = files.filter((file) => file !== tokenizer)
  const weights = await Promise.all(parts.map(({ path }) => readFile(path)))
  const [first = Buffer.alloc(0), ...others] = weights
  const model = readCtranslate2(others.length === 0 ? first : Buffer.concat(weights))
  const converted = whisperGgml(model, vocabularyOf(JSON.parse(await readFile(tokenizer.path, 'utf8'))))
  const file = await open(target, 'wx')
  try {
    for (const part of converted) await file.writeFile(part)
  } finally {
    await file.close()
  }
}

/** Writes nets that `torch.save` wrote, one a file, as one file; the names of their tensors get the net's number, from 1. */
export async function convertToSafetensors(files: readonly NamedFile[], target: string): Promise<void> {
  const tensors = new Map<string, Tensor>()
  for (const [index, { path }] of files.entries()) {
    for (const [name, tensor] of readTorchWeights(await readFile(path))) tensors.set(`${index + 1}.${name}`, tensor)
  }
  await writeFile(target, safetensors(tensors), { flag: 'wx' })
}

/** Writes Spleeter's nets of voices and of the rest, in this order, as one net of ONNX. */
export async function convertSpleeterToOnnx(files: readonly NamedFile[], target: string): Promise<void> {
  const [vocals, accompaniment] = await Promise.all(
    files.map(async ({ path }) => readNumpyWeights(await readFile(path))),
  )
  if (vocals === undefined || accompaniment === undefined) throw new TypeError('a net is missing')
  await writeFile(target, spleeterOnnx(vocals, accompaniment), { flag: 'wx' })
}

/** Writes the net of Resemblyzer, which tells voices apart, as one of ONNX. */
export async function convertGe2eToOnnx(files: readonly NamedFile[], target: string): Promise<void> {
  const [file] = files
  if (file === undefined) throw new TypeError('the net is missing')
  await writeFile(target, ge2eOnnx(readOldTorchWeights(await readFile(file.path), 'model_state')), { flag: 'wx' })
}

/** How many numbers a style of Kokoro has. */
const styleNumbers = 256

/**
 * Writes a model that speaks as one file: the net, perhaps in several parts, as `model`; what is told of it in JSON as
 * `config`; and each of its voices, which are lists of styles, under its own name.
 */
export async function packVoices(files: readonly NamedFile[], target: string): Promise<void> {
  const tensors = new Map<string, Tensor>()
  const net: Buffer[] = []
  const bytes = new Map<string, Buffer>()
  for (const { name, path } of files) {
    const data = await readFile(path)
    const voice = /^([a-z]{2}_[a-z]+)\.bin$/.exec(name)?.[1]
    if (voice !== undefined) tensors.set(voice, { shape: [data.length / (4 * styleNumbers), styleNumbers], data })
    else if (name.endsWith('.json')) bytes.set('config', data)
    else net.push(data)
  }
  bytes.set('model', Buffer.concat(net))
  // After the voices, whose numbers have to begin at multiples of four.
  for (const [name, data] of bytes) tensors.set(name, { type: 'U8', shape: [data.length], data })
  await writeFile(target, safetensors(tensors), { flag: 'wx' })
}

/** Returns the number of each token of a tokenizer of Hugging Face. */
function vocabularyOf(tokenizer: unknown): Record<string, number> {
  const model = member(tokenizer, 'model')
  const vocabulary = member(model, 'vocab')
  const tokens: Record<string, number> = {}
  for (const [token, number] of Object.entries(vocabulary)) {
    if (typeof number !== 'number') throw new TypeError(`the token ${token} of the tokenizer has no number`)
    tokens[token] = number
  }
  return tokens
}

function member(value: unknown, name: string): object {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  if (typeof found !== 'object' || found === null) throw new TypeError(`the tokenizer has no '${name}'`)
  return found
}
