/** An archive consists of blocks of this size. Source: POSIX.1-2017, pax, "ustar Interchange Format". */
export const blockBytes = 512

export interface TarMember {
  readonly name: string
  readonly sizeBytes: number
}

const nameBytesMax = 100
const sizeAt = 124
const checksumAt = 148
/** The largest size in eleven octal digits; a larger one is written in GNU's binary form, which every tar reads. */
const octalMax = 0o77777777777

/** Returns the header block of a member. Owner, mode and time are constant, so that equal content is an equal file. */
export function tarHeader({ name, sizeBytes }: TarMember): Buffer {
  const block = Buffer.alloc(blockBytes)
  block.write(name, 0, nameBytesMax, 'latin1')
  block.write('0000644\0', 100, 'latin1')
  block.write('0000000\0', 108, 'latin1')
  block.write('0000000\0', 116, 'latin1')
  if (sizeBytes <= octalMax) block.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, sizeAt, 'latin1')
  else {
    block.writeUInt8(0x80, sizeAt)
    block.writeBigUInt64BE(BigInt(sizeBytes), sizeAt + 4)
  }
  block.write('00000000000\0', 136, 'latin1')
  block.write('        ', checksumAt, 'latin1')
  block.write('0', 156, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  const checksum = block.reduce((sum, byte) => sum + byte, 0)
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, checksumAt, 'latin1')
  return block
}

/**
 * Returns the member of a header block, or undefined unless it is byte for byte the block that `tarHeader` makes: so no
 * link, directory, device, extension or second spelling of a name is accepted.
 */
export function parseTarHeader(block: Uint8Array): TarMember | undefined {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
  if (bytes.byteLength !== blockBytes) return undefined
  const end = bytes.indexOf(0)
  const name = bytes.toString('latin1', 0, end === -1 ? 0 : Math.min(end, nameBytesMax))
  const sizeBytes = parseSize(bytes)
  if (name === '' || sizeBytes === undefined) return undefined
  return tarHeader({ name, sizeBytes }).equals(bytes) ? { name, sizeBytes } : undefined
}

function parseSize(block: Buffer): number | undefined {
  if (block.readUInt8(sizeAt) === 0x80) {
    const size = block.readBigUInt64BE(sizeAt + 4)
    return size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : undefined
  }
  const digits = block.toString('latin1', sizeAt, sizeAt + 11)
  return /^[0-7]{11}$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}

/** Returns how many zeros fill a member's last block. */
export function paddingBytes(sizeBytes: number): number {
  return (blockBytes - (sizeBytes % blockBytes)) % blockBytes
}

export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes)
