import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { CompletedOutput, ReportedFile, ReportedOutput } from '../../core/index.ts'
import { readText } from '../system/read-text.ts'

const filesShown = 40
const textBytesMax = 64 * 1024
const pictureBytesMax = 1024 * 1024

const texts = new Set('ass csv json log lrc md srt tsv txt vtt xml yaml yml'.split(' '))
const pictures: Readonly<Record<string, string>> = {
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  svg: 'image/svg+xml',
  webp: 'image/webp',
}

/** Returns an output as a page shows it: the files that are there, short ones with their content. */
export function reportedOutput(
  jobDir: string,
  name: string,
  made: CompletedOutput | readonly CompletedOutput[],
): ReportedOutput {
  const list = 'path' in made ? [made] : made
  const paths = list.flatMap(({ path }) => (path === '' ? [] : filesAt(jobDir, path)))
  const files = paths.slice(0, filesShown).flatMap((path) => reportedFile(jobDir, path) ?? [])
  return { name, files, more: Math.max(0, paths.length - filesShown) }
}

function filesAt(jobDir: string, path: string): readonly string[] {
  const at = join(jobDir, path)
  try {
    if (!lstatSync(at).isDirectory()) return [path]
    return readdirSync(at, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(path, entry.parentPath.slice(at.length), entry.name))
      .sort()
  } catch {
    return []
  }
}

function reportedFile(jobDir: string, path: string): ReportedFile | undefined {
  const at = join(jobDir, path)
  try {
    const stats = lstatSync(at)
    if (!stats.isFile()) return undefined
    const ending = extname(path).slice(1).toLowerCase()
    const type = Object.hasOwn(pictures, ending) ? pictures[ending] : undefined
    const file = { path, sizeBytes: stats.size }
    if (type !== undefined && stats.size <= pictureBytesMax)
      return { ...file, content: { dataUri: `data:${type};base64,${readFileSync(at).toString('base64')}` } }
    const text = texts.has(ending) && stats.size <= textBytesMax ? readText(at) : undefined
    return text === undefined ? file : { ...file, content: { text } }
  } catch {
    return undefined
  }
}
