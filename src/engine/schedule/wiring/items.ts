import { basename, join } from 'node:path'
import {
  canonicalJson,
  type Digest,
  digestBytes,
  type JsonValue,
  type StoredArtifact,
  type TreeEntry,
} from '../../../../store/index.ts'
import { safeFileName } from '../../../core/index.ts'
import { type Available, availableJson } from '../../execute/inputs.ts'

/** One element of a list that a step computed, or one file of a folder, as an artifact. */
export interface Item {
  /** Unique among the different elements of the list; used in ids and directories. */
  readonly name: string
  /** What a stage that gathers is told, and what is picked by: the path of a file; what an element calls itself. */
  readonly label: string
  readonly available: Available
  /** The path of a file. */
  readonly path?: Available
}

/**
 * Returns the elements of a list as items. Equal elements are one item; different ones that would share a name are all
 * told apart by their digests, so that no name depends on the order of the list.
 */
export function itemsOf(list: readonly JsonValue[], partOf?: Digest): readonly Item[] {
  const elements = list.map((value) => {
    const available = availableJson(value, partOf)
    const short = available.artifact.digest.hash.slice(0, 12)
    const label = readableName(value) ?? short
    return { name: safeFileName(label), label, short, available }
  })
  const digests = new Map<string, string>()
  const shared = new Set<string>()
  for (const { label, short } of elements) {
    if ((digests.get(label) ?? short) !== short) shared.add(label)
    digests.set(label, short)
  }
  return named(elements).map(({ name, label, available }) => ({
    name,
    label: shared.has(label) ? name : label,
    available,
  }))
}

/** Returns the files of a tree that lies at `root` as items, in the order of their paths, as far as they match. */
export function fileItems(
  entries: readonly TreeEntry[],
  root: string,
  matches: (path: string) => boolean,
): readonly Item[] {
  const files = entries.filter(({ path }) => matches(path))
  return filesAsItems(
    files.map(({ path, digest, executable }) => {
      const artifact: StoredArtifact = {
        kind: 'file',
        digest,
        sizeBytes: digest.sizeBytes,
        ...(executable ? { executable } : {}),
      }
      return { path, available: { artifact, path: root === '' ? '' : join(root, path) } }
    }),
  )
}

/** Returns files that a user lists as items, which are called by their names. */
export function listedFiles(list: readonly Available[], matches: (path: string) => boolean): readonly Item[] {
  const labels = fileLabels(list)
  const files = list.map((available, index) => ({ path: labels[index] ?? '', available }))
  return filesAsItems(files.filter(({ path }) => matches(path)))
}

/** Returns the names of files that a user lists; those that share one are numbered. */
export function fileLabels(list: readonly Available[]): readonly string[] {
  const counts = new Map<string, number>()
  return list.map(({ path }) => {
    const name = basename(path)
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return count === 1 ? name : `${name}~${count}`
  })
}

function filesAsItems(files: readonly { readonly path: string; readonly available: Available }[]): readonly Item[] {
  const elements = files.map(({ path, available }) => ({
    name: safeFileName(path),
    get short() {
      return digestBytes(Buffer.from(canonicalJson(path))).hash.slice(0, 12)
    },
    path,
    available,
  }))
  return named(elements).map(({ name, path, available }) => ({
    name,
    label: path,
    available,
    get path() {
      return availableJson(path)
    },
  }))
}

/** Tells those apart that share a name. */
function named<Element extends { readonly name: string; readonly short: string }>(
  elements: readonly Element[],
): readonly Element[] {
  const sharing = new Map<string, { readonly first: Element; isShared: boolean }>()
  for (const element of elements) {
    const other = sharing.get(caseless(element.name))
    if (other === undefined) sharing.set(caseless(element.name), { first: element, isShared: false })
    else if (other.first.short !== element.short) other.isShared = true
  }
  return elements.map((element) =>
    sharing.get(caseless(element.name))?.isShared === true
      ? { ...element, name: `${element.name}~${element.short}` }
      : element,
  )
}

/** On some file systems, names that differ only in case are the same. */
function caseless(name: string): string {
  return name.toLowerCase()
}

/** Returns an item's own name: itself when it is short text or a number, else its `id` or `name`. */
function readableName(value: JsonValue): string | undefined {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return value.length <= 60 ? value : undefined
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const named = 'id' in value ? value.id : 'name' in value ? value.name : undefined
  return typeof named === 'string' || typeof named === 'number' ? String(named) : undefined
}
