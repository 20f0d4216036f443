import { describe, expect, it } from 'vitest'
import { safetensors } from '../../src/models/formats/safetensors.ts'
import { readTorchWeights } from '../../src/models/formats/torch-weights.ts'

/** Returns a zip archive of files that are stored as they are. */
function zip(files: Readonly<Record<string, Buffer>>, method = 0): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const [name, data] of Object.entries(files)) {
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50)
    local.writeUInt16LE(name.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50)
    entry.writeUInt16LE(method, 10)
    entry.writeUInt32LE(data.length, 20)
    entry.writeUInt32LE(data.length, 24)
    entry.writeUInt16LE(name.length, 28)
    entry.writeUInt32LE(at, 42)
    parts.push(local, Buffer.from(name), data)
    directory.push(entry, Buffer.from(name))
    at += 30 + name.length + data.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(Object.keys(files).length, 10)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, ...directory, end])
}

const text = (value: string) => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(value.length)
  return Buffer.concat([Buffer.from('X'), length, Buffer.from(value)])
}
const name = (module: string, member: string) => Buffer.from(`c${module}\n${member}\n`)
const bytes = (...codes: number[]) => Buffer.from(codes)

/** A pickle of a dictionary with one tensor, of numbers 1 to 4 of storage 7. */
function pickle({ callee = name('torch._utils', '_rebuild_tensor_v2'), stride = [2, 1] } = {}): Buffer {
  const storage = [
    bytes(40),
    text('storage'),
    name('torch', 'FloatStorage'),
    text('7'),
    text('cpu'),
    bytes(75, 5, 116, 81),
  ]
  const shape = [bytes(75, 2, 75, 2, 134), bytes(75, stride[0] ?? 0, 75, stride[1] ?? 0, 134), bytes(137)]
  const hooks = [name('collections', 'OrderedDict'), bytes(41, 82)]
  return Buffer.concat([
    bytes(128, 2),
    ...[name('collections', 'OrderedDict'), bytes(41, 82, 113, 0, 40)],
    ...[text('conv.weight'), callee, bytes(40), ...storage, bytes(75, 1), ...shape, ...hooks, bytes(116, 82)],
    ...[bytes(117), bytes(125), bytes(98), bytes(46)],
  ])
}

const numbers = Buffer.from(new Float32Array([0, 1, 2, 3, 4]).buffer)
const archive = (program: Buffer) => zip({ 'net/data.pkl': program, 'net/data/7': numbers })

describe('readTorchWeights', () => {
  it('reads tensors from their place in a storage', () => {
    const tensors = readTorchWeights(archive(pickle()))
    expect([...tensors.keys()]).toEqual(['conv.weight'])
    expect(tensors.get('conv.weight')).toEqual({ shape: [2, 2], data: numbers.subarray(4) })
  })

  it('calls nothing that a pickle names', () => {
    expect(() => readTorchWeights(archive(pickle({ callee: name('os', 'system') })))).toThrow(
      'something else than tensors: os.system',
    )
    expect(() => readTorchWeights(archive(Buffer.from('\x80\x02i__builtin__\neval\n.', 'latin1')))).toThrow(
      'an instruction',
    )
  })

  it('refuses tensors that are cut off or not in rows, and what is not such an archive', () => {
    expect(() => readTorchWeights(zip({ 'net/data.pkl': pickle(), 'net/data/7': numbers.subarray(4) }))).toThrow(
      'cut off',
    )
    expect(() => readTorchWeights(archive(pickle({ stride: [1, 2] })))).toThrow('not in rows')
    expect(() => readTorchWeights(zip({ 'net/data.pkl': pickle() }, 8))).toThrow('is compressed')
    expect(() => readTorchWeights(Buffer.from('PK'))).toThrow('not a zip archive')
  })
})

describe('safetensors', () => {
  it('writes a header and the numbers', () => {
    const file = safetensors(new Map([['a', { shape: [2], data: numbers.subarray(4, 12) }]]))
    const length = Number(file.readBigUInt64LE())
    expect(length % 8).toBe(0)
    expect(JSON.parse(file.toString('utf8', 8, 8 + length))).toEqual({
      a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
    })
    expect(file.subarray(8 + length)).toEqual(numbers.subarray(4, 12))
  })
})
