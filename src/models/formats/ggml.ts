/**
 * The format of whisper.cpp's models (ggml): a mark and the sizes of the network, the mel filters, the tokens, then the
 * tensors. Numbers are little-endian.
 */

/** The sizes of a Whisper network, in the order of the file. */
export interface WhisperSizes {
  readonly vocabulary: number
  readonly audioContext: number
  readonly audioState: number
  readonly audioHeads: number
  readonly audioLayers: number
  readonly textContext: number
  readonly textState: number
  readonly textHeads: number
  readonly textLayers: number
  readonly mels: number
}

export interface Tensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly isHalf: boolean
  readonly data: Buffer
}

const mark = 0x67676d6c
/** Says that matrices are 16-bit floats. */
const halfMatrices = 1

function int32s(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * numbers.length)
  for (const [index, number] of numbers.entries()) bytes.writeInt32LE(number, 4 * index)
  return bytes
}

/** Returns the start of the file. */
export function ggmlHeader(sizes: WhisperSizes): Buffer {
  const { vocabulary, audioContext, audioState, audioHeads, audioLayers, mels } = sizes
  const { textContext, textState, textHeads, textLayers } = sizes
  const audio = [audioContext, audioState, audioHeads, audioLayers]
  const text = [textContext, textState, textHeads, textLayers]
  return int32s(mark, vocabulary, ...audio, ...text, mels, halfMatrices)
}

/** Returns the mel filters: how much of each of `bins` frequencies is in each of `mels` bands. */
export function ggmlFilters(mels: number, bins: number, filters: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(4 * filters.length)
  for (const [index, weight] of filters.entries()) bytes.writeFloatLE(weight, 4 * index)
  return Buffer.concat([int32s(mels, bins), bytes])
}

/** Returns the tokens, each as the bytes that it stands for. */
export function ggmlTokens(tokens: readonly Buffer[]): Buffer {
  return Buffer.concat([int32s(tokens.length), ...tokens.flatMap((token) => [int32s(token.length), token])])
}

/** Returns a tensor as parts to write one after the other; the last dimension comes first in the file. */
export function ggmlTensor({ name, dims, isHalf, data }: Tensor): readonly Buffer[] {
  const label = Buffer.from(name)
  return [int32s(dims.length, label.length, isHalf ? 1 : 0, ...dims.toReversed()), label, data]
}
