import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { SourceError } from '../registry/model-failure.ts'

/** Returns the SHA-256 of a file, in hexadecimal. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, signal === undefined ? {} : { signal })) hash.update(chunk)
  return hash.digest('hex')
}

/** Throws where a file does not have the digest that it should have. */
export async function verify(path: string, sha256: string, what: string, signal?: AbortSignal): Promise<void> {
  const found = await sha256Of(path, signal)
  if (found !== sha256)
    throw new SourceError(`${what} has the SHA-256 ${found} instead of ${sha256}, so it is not used`)
}

/** Moves a file to where verified files are, after its bytes are checked. */
export async function keepVerified(from: string, to: string, sha256: string, what: string, signal?: AbortSignal) {
  await verify(from, sha256, what, signal)
  await rename(from, to)
}
