import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ArtifactKind, JsonValue } from '../../../store/index.ts'
import { type Difference, isJson, valueDifferences } from '../../core/index.ts'

/** An output of two executions, and where each of them lies. */
export interface OutputPair {
  readonly output: string
  readonly kind: ArtifactKind
  readonly first: string
  readonly second: string
}

const chunkBytes = 1 << 20
/** A JSON file that is larger is compared byte by byte. */
const jsonBytesMax = 1 << 24

/** Returns in what two outputs differ. */
export function compareOutputs({ output, kind, first, second }: OutputPair): readonly Difference[] {
  if (kind !== 'tree') return compareFiles({ output }, kind === 'json' || first.endsWith('.json'), first, second)
  const [firstFiles, secondFiles] = [filesBelow(first), filesBelow(second)]
  const paths = [...new Set([...firstFiles, ...secondFiles])].sort()
  return paths.flatMap((path): readonly Difference[] => {
    if (!secondFiles.has(path)) return [{ kind: 'only-in', output, path, execution: 1 }]
    if (!firstFiles.has(path)) return [{ kind: 'only-in', output, path, execution: 2 }]
    return compareFiles({ output, path }, path.endsWith('.json'), join(first, path), join(second, path))
  })
}

function filesBelow(dir: string): ReadonlySet<string> {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  return new Set(
    entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name).slice(dir.length + 1)] : [])),
  )
}

interface Place {
  readonly output: string
  readonly path?: string
}

function compareFiles(place: Place, mayBeJson: boolean, first: string, second: string): readonly Difference[] {
  const offset = firstDifference(first, second)
  if (offset === undefined) {
    const isExecutable = (path: string) => (statSync(path).mode & 0o100) !== 0
    return isExecutable(first) === isExecutable(second) ? [] : [{ kind: 'executable', ...place }]
  }
  const values = mayBeJson ? [jsonAt(first), jsonAt(second)] : []
  if (values.length === 2 && values.every((value) => value !== undefined)) {
    const differences = valueDifferences(values[0], values[1])
    if (differences.length > 0) return differences.map((difference) => ({ kind: 'value', ...place, ...difference }))
  }
  return [{ kind: 'bytes', ...place, offset }]
}

function jsonAt(path: string): JsonValue | undefined {
  if (statSync(path).size > jsonBytesMax) return undefined
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return isJson(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Returns the offset of the first byte in which two files differ, or that only one of them has. */
function firstDifference(first: string, second: string): number | undefined {
  const files = [openSync(first, 'r'), openSync(second, 'r')] as const
  try {
    const [one, other] = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)]
    for (let start = 0; ; ) {
      const [length, otherLength] = [filled(files[0], one, start), filled(files[1], other, start)]
      const common = Math.min(length, otherLength)
      if (!one.subarray(0, common).equals(other.subarray(0, common))) {
        return start + one.findIndex((byte, index) => byte !== other[index])
      }
      if (length !== otherLength) return start + common
      if (length === 0) return undefined
      start += length
    }
  } finally {
    for (const file of files) closeSync(file)
  }
}

/** Reads until the buffer is full or the file ends: one read may give less. */
function filled(file: number, buffer: Buffer, start: number): number {
  let length = 0
  while (length < buffer.length) {
    const read = readSync(file, buffer, length, buffer.length - length, start + length)
    if (read === 0) break
    length += read
  }
  return length
}
