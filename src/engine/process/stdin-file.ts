import { openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { randomName } from '../system/random-name.ts'

/**
 * Returns an open file that holds some bytes and has no name any more, for a program's standard input: unlike the
 * socket that a pipe of Node's is, it can be opened again as `/dev/stdin`. The caller closes it.
 */
export function openStdinFile(dir: string, content: string | Uint8Array): number {
  const path = join(dir, `stdin-${randomName(12)}`)
  const file = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  // Written at places, so that whoever reads on from where the file stands begins at its front.
  for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset, bytes.length - offset, offset)
  return file
}
