import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Result } from '../../../store/index.ts'

const documentBytesMax = 32 * 1024 * 1024
const nameDigits = 8

/**
 * Keeps what standard input has as a file in a directory, so that the job can be resumed, and returns its path. The same
 * text has the same name.
 */
export async function keepStandardInput(dir: string, ending: string): Promise<Result<string, string>> {
  try {
    const parts: Buffer[] = []
    let bytes = 0
    for await (const part of process.stdin) {
      const piece = Buffer.from(part)
      bytes += piece.length
      if (bytes > documentBytesMax)
        return { ok: false, error: 'standard input has more than 32 MiB, which is too much for a document' }
      parts.push(piece)
    }
    if (bytes === 0) return { ok: false, error: 'standard input is empty' }
    const text = Buffer.concat(parts)
    const path = join(dir, `document-${createHash('sha256').update(text).digest('hex').slice(0, nameDigits)}${ending}`)
    const { writeAtomically } = await import('../../../store/index.ts')
    writeAtomically(path, text)
    return { ok: true, value: path }
  } catch (error) {
    return { ok: false, error: `cannot keep standard input: ${error instanceof Error ? error.message : String(error)}` }
  }
}
