import { asFloat32, type Ctranslate2Model, float16, type Variable } from './ctranslate2.ts'
import { ggmlFilters, ggmlHeader, ggmlTensor, ggmlTokens } from './ggml.ts'
import { melBins, melFilters } from './mel-filters.ts'

/** From here on, a vocabulary is that of several languages. */
const multilingualVocabulary = 51_865
const headWidth = 64

/**
 * Returns a Whisper model of CTranslate2 in the format of whisper.cpp, as parts to write one after the other; `tokens`
 * maps each token, as a tokenizer of Hugging Face writes it, to its number. Throws where it is no Whisper model.
 */
export function whisperGgml(model: Ctranslate2Model, tokens: Readonly<Record<string, number>>): readonly Buffer[] {
  if (model.specification !== 'WhisperSpec')
    throw new TypeError(`a model of ${model.specification} is no Whisper model`)
  const tensors = new WhisperTensors(model)
  const embedding = tensors.variable('decoder/embeddings/weight')
  const [vocabulary = 0, state = 0] = embedding.dims
  const audioPositions = tensors.variable('encoder/position_encodings/encodings')
  const textPositions = tensors.variable('decoder/position_encodings/encodings')
  const mels = tensors.variable('encoder/conv1/weight').dims[1] ?? 0
  const [audioLayers, textLayers] = [tensors.layers('encoder'), tensors.layers('decoder')]
  const heads = state / headWidth

  tensors.whole('encoder.positional_embedding', audioPositions)
  for (const conv of ['conv1', 'conv2']) tensors.convolution(`encoder.${conv}`, `encoder/${conv}`)
  for (let layer = 0; layer < audioLayers; layer += 1) tensors.block('encoder', layer)
  tensors.norm('encoder.ln_post', 'encoder/layer_norm')
  tensors.whole('decoder.positional_embedding', textPositions)
  tensors.half('decoder.token_embedding.weight', embedding)
  for (let layer = 0; layer < textLayers; layer += 1) tensors.block('decoder', layer)
  tensors.norm('decoder.ln', 'decoder/layer_norm')

  const header = ggmlHeader({
    vocabulary,
    audioContext: audioPositions.dims[0] ?? 0,
    audioState: state,
    audioHeads: heads,
    audioLayers,
    textContext: textPositions.dims[0] ?? 0,
    textState: state,
    textHeads: heads,
    textLayers,
    mels,
  })
  return [
    header,
    ggmlFilters(mels, melBins, melFilters(mels)),
    ggmlTokens(tokenBytes(tokens, vocabulary)),
    ...tensors.parts,
  ]
}

/** Gathers the tensors of a Whisper model under the names that whisper.cpp gives them. */
class WhisperTensors {
  readonly parts: Buffer[] = []
  readonly #variables: ReadonlyMap<string, Variable>

  constructor({ variables }: Ctranslate2Model) {
    this.#variables = variables
  }

  variable(path: string): Variable {
    const found = this.#variables.get(path)
    if (found === undefined) throw new TypeError(`the model has no variable ${path}`)
    return found
  }

  /** Returns how many layers one side has. */
  layers(side: string): number {
    let count = 0
    while (this.#variables.has(`${side}/layer_${count}/ffn/linear_0/weight`)) count += 1
    return count
  }

  /** Adds a tensor of 32-bit floats. */
  whole(name: string, variable: Variable, dims: readonly number[] = variable.dims): void {
    this.parts.push(...ggmlTensor({ name, dims, isHalf: false, data: asFloat32(variable) }))
  }

  /** Adds a tensor of 16-bit floats. */
  half(name: string, { type, dims, data }: Variable): void {
    if (type !== float16) throw new TypeError(`${name} is not of 16-bit floats`)
    this.parts.push(...ggmlTensor({ name, dims, isHalf: true, data }))
  }

  convolution(name: string, path: string): void {
    this.half(`${name}.weight`, this.variable(`${path}/weight`))
    const bias = this.variable(`${path}/bias`)
    this.whole(`${name}.bias`, bias, [bias.dims[0] ?? 0, 1])
  }

  norm(name: string, path: string): void {
    this.whole(`${name}.weight`, this.variable(`${path}/gamma`))
    this.whole(`${name}.bias`, this.variable(`${path}/beta`))
  }

  linear(name: string, path: string): void {
    this.half(`${name}.weight`, this.variable(`${path}/weight`))
    this.whole(`${name}.bias`, this.variable(`${path}/bias`))
  }

  /** Adds several linear maps that CTranslate2 keeps as one, in their order. Whisper's keys have no bias. */
  joined(name: string, path: string, parts: readonly string[]): void {
    const [weight, bias] = [this.variable(`${path}/weight`), this.variable(`${path}/bias`)]
    for (const [index, part] of parts.entries()) {
      this.half(`${name}.${part}.weight`, slice(weight, index, parts.length))
      if (part !== 'key') this.whole(`${name}.${part}.bias`, slice(bias, index, parts.length))
    }
  }

  block(side: 'encoder' | 'decoder', layer: number): void {
    const [name, path] = [`${side}.blocks.${layer}`, `${side}/layer_${layer}`]
    this.norm(`${name}.attn_ln`, `${path}/self_attention/layer_norm`)
    this.joined(`${name}.attn`, `${path}/self_attention/linear_0`, ['query', 'key', 'value'])
    this.linear(`${name}.attn.out`, `${path}/self_attention/linear_1`)
    if (side === 'decoder') {
      this.norm(`${name}.cross_attn_ln`, `${path}/attention/layer_norm`)
      this.linear(`${name}.cross_attn.query`, `${path}/attention/linear_0`)
      this.joined(`${name}.cross_attn`, `${path}/attention/linear_1`, ['key', 'value'])
      this.linear(`${name}.cross_attn.out`, `${path}/attention/linear_2`)
    }
    this.norm(`${name}.mlp_ln`, `${path}/ffn/layer_norm`)
    this.linear(`${name}.mlp.0`, `${path}/ffn/linear_0`)
    this.linear(`${name}.mlp.2`, `${path}/ffn/linear_1`)
  }
}

function slice({ dims, type, data }: Variable, index: number, count: number): Variable {
  const [rows = 0, ...others] = dims
  const size = data.length / count
  return { dims: [rows / count, ...others], type, data: data.subarray(index * size, (index + 1) * size) }
}

/** Returns the bytes of each token of text; whisper.cpp knows the special ones by their numbers. */
function tokenBytes(tokens: Readonly<Record<string, number>>, vocabulary: number): Buffer[] {
  const count = vocabulary >= multilingualVocabulary ? 50_257 : 50_256
  const byteOf = bytesByLetter()
  return Object.entries(tokens)
    .sort(([, one], [, other]) => one - other)
    .slice(0, count)
    .map(([token]) => Buffer.from([...token].map((letter) => byteOf.get(letter) ?? 0)))
}

/** Byte-level tokenizers write each byte as a letter: printable ones as themselves, the others as letters from 256 on. */
function bytesByLetter(): Map<string, number> {
  const bytes = new Map<string, number>()
  let others = 0
  for (let byte = 0; byte < 256; byte += 1) {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    bytes.set(String.fromCodePoint(isPrintable ? byte : 256 + others), byte)
    if (!isPrintable) others += 1
  }
  return bytes
}
