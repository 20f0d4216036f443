import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { Result } from '../../../store/index.ts'

/** A folder with more files than this is not one of pictures alone: all of it would be hashed. */
const filesMax = 2000
const documentBytesMax = 8 * 1024 * 1024

/** Between brackets or quotes, a path may have spaces. */
const inMarkdown = /!\[[^\]]*\]\(\s*(?:<([^>\n]+)>|([^)\s<]+))/g
const inYaml = /^\s*(?:-\s+)?image:\s*(?:"([^"\n]+)"|'([^'\n]+)'|([^"'\s#]+))/gm

/**
 * Returns the folder in which the pictures lie that a document names: the nearest one that has them all. Undefined where
 * it names none that is there; fails where that folder holds much else.
 */
export function pictureFolder(document: string): Result<string | undefined, string> {
  const here = dirname(resolve(document))
  const folders = namedIn(document).flatMap((path) => {
    const place = resolve(here, path)
    return isFile(place) ? [dirname(place)] : []
  })
  const [first, ...others] = folders
  if (first === undefined) return { ok: true, value: undefined }
  const folder = others.reduce(commonFolder, first)
  if (countFiles(folder, filesMax) <= filesMax) return { ok: true, value: folder }
  const shown = relative('.', folder) || '.'
  return {
    ok: false,
    error: `the pictures of the document lie in ${shown}, which holds more than ${filesMax} files: move them to a folder of their own, or name one with --pictures DIR ('--pictures none' leaves them out)`,
  }
}

function namedIn(document: string): readonly string[] {
  try {
    if (statSync(document).size > documentBytesMax) return []
    const text = readFileSync(document, 'utf8')
    const found = [inMarkdown, inYaml].flatMap((pattern) =>
      [...text.matchAll(pattern)].map(([, ...forms]) => forms.find((form) => form !== undefined) ?? ''),
    )
    return found.filter((path) => !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(path)).map(decoded)
  } catch {
    // That it cannot be read is said by whoever reads it.
    return []
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path.replace(/[?#].*$/, ''))
  } catch {
    return path
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function commonFolder(one: string, other: string): string {
  let folder = one
  while (other !== folder && !other.startsWith(folder.endsWith(sep) ? folder : folder + sep)) folder = dirname(folder)
  return folder
}

/** Returns how many files a folder has, and at most one more than `most`. */
function countFiles(folder: string, most: number): number {
  const folders = [folder]
  let count = 0
  for (let dir = folders.pop(); dir !== undefined && count <= most; dir = folders.pop()) {
    for (const entry of entriesOf(dir)) {
      if (entry.isDirectory()) folders.push(join(dir, entry.name))
      else count += 1
      if (count > most) break
    }
  }
  return count
}

function entriesOf(dir: string): readonly Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch {
    // That it cannot be read is said by whoever reads it.
    return []
  }
}
