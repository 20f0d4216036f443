/** Numbers in rows; `shape` says how many of which. */
export interface Tensor {
  readonly shape: readonly number[]
  readonly data: Buffer
  /** 32-bit floating-point numbers, or bytes. */
  readonly type?: 'F32' | 'U8'
}

/**
 * Returns a file of the format safetensors: eight bytes with the length of a header, the header as JSON, which says of each
 * tensor its numbers' type, its shape, and where its numbers are; then the numbers.
 */
export function safetensors(tensors: ReadonlyMap<string, Tensor>): Buffer {
  let at = 0
  const entries = [...tensors].map(([name, { shape, data, type = 'F32' }]) => {
    const from = at
    at += data.length
    return [name, { dtype: type, shape, data_offsets: [from, at] }]
  })
  const json = JSON.stringify(Object.fromEntries(entries))
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([length, header, ...[...tensors.values()].map(({ data }) => data)])
}
