import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Digest } from '../contract/digest.ts'
import { syncDirectory } from '../disk/sync-directory.ts'
import { sumsLine } from './archive-layout.ts'
import { paddingBytes, tarEnd, tarHeader } from './archive-tar.ts'

/** Small members are buffered up to this size. */
const bufferBytes = 1024 * 1024

/** Writes the members of an archive into a new file, and keeps their checksums. */
export class ArchiveWriter {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #sums: string[] = []
  #buffered: Buffer[] = []
  #bufferedBytes = 0

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  static async create(path: string): Promise<ArchiveWriter> {
    return new ArchiveWriter(path, await open(path, 'wx', 0o644))
  }

  /** Adds a member, whose pieces have exactly `sizeBytes`; the memory of a piece may be used again. */
  async add(
    member: Digest & { readonly name: string },
    pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    await this.#write(tarHeader(member))
    for await (const piece of pieces) await this.#write(piece)
    await this.#write(tarEnd.subarray(0, paddingBytes(member.sizeBytes)))
    this.#sums.push(sumsLine(member.name, member.hash))
  }

  sums(): Uint8Array {
    return Buffer.from(this.#sums.join(''))
  }

  async finish(): Promise<void> {
    await this.#write(tarEnd)
    await this.#flush()
    await this.#handle.sync()
  }

  async moveTo(path: string): Promise<void> {
    await rename(this.#path, path)
    syncDirectory(dirname(path))
  }

  close(): Promise<void> {
    return this.#handle.close()
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.byteLength + this.#bufferedBytes > bufferBytes) await this.#flush()
    if (bytes.byteLength >= bufferBytes) return this.#handle.writeFile(bytes)
    this.#buffered.push(Buffer.from(bytes))
    this.#bufferedBytes += bytes.byteLength
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#buffered)
    this.#buffered = []
    this.#bufferedBytes = 0
    await this.#handle.writeFile(bytes)
  }
}
