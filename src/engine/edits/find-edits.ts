import { type Dirent, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  artifactOfPath,
  isEmptyDirectory,
  isTemporaryName,
  type LocalStore,
  readTreeArtifact,
} from '../../../store/index.ts'
import { jsonValueAt } from '../execute/inputs.ts'
import { isStepRecord, type RecordedOutput, type RecordedStep, recordedStep } from './recorded-step.ts'

interface Known {
  readonly key?: string | undefined
  readonly outputs: RecordedStep['outputs']
}

/** Where the outputs of a step lie whose manifest is damaged. */
export type DeclaredOutputs = readonly Pick<RecordedOutput, 'name' | 'kind' | 'path'>[]

/**
 * Returns what a person changed or added below the outputs in a step's directory, relative to it. With `others`, also
 * what lies beside the outputs and is not the runner's.
 */
export async function findEdits(
  store: LocalStore,
  dir: string,
  { declared = [], others = false }: { readonly declared?: DeclaredOutputs; readonly others?: boolean } = {},
): Promise<readonly string[]> {
  const recorded = recordedStep(dir)
  const known: Known = recorded ?? { outputs: declared }
  const edits: string[] = []
  for (const entry of entriesOf(dir)) {
    const { name } = entry
    const outputs = known.outputs.filter(({ path }) => path === name || path.startsWith(`${name}/`))
    if (isStepRecord(name) || isTemporaryName(name)) continue
    if (outputs.length > 0) edits.push(...(await editsAt(store, dir, name, { key: known.key, outputs })))
    else if (entry.isDirectory() && recorded === undefined && recordedStep(join(dir, name)) !== undefined) {
      // An item of a fan-out.
      const inside = await findEdits(store, join(dir, name), { others: true })
      edits.push(...inside.map((path) => join(name, path)))
    } else if (others) edits.push(name)
  }
  return edits
}

/** Looks at one entry: an output, or a directory on the way to outputs. */
async function editsAt(store: LocalStore, dir: string, path: string, known: Known): Promise<readonly string[]> {
  const stats = lstatSync(join(dir, path), { throwIfNoEntry: false })
  if (stats === undefined) return []
  const output = known.outputs.find((other) => other.path === path)
  if (stats.isFile()) {
    // Of an empty file, as a crash leaves it, nothing is lost.
    if (stats.size === 0) return []
    return output !== undefined && output.kind !== 'tree' && (await isAsRecorded(store, dir, output)) ? [] : [path]
  }
  if (!stats.isDirectory()) return [path]
  if (output?.kind === 'tree') return treeEdits(store, dir, output, known.key)
  if (output !== undefined) return [path]
  const edits: string[] = []
  for (const { name } of entriesOf(join(dir, path))) {
    const inside = `${path}/${name}`
    const outputs = known.outputs.filter((other) => other.path === inside || other.path.startsWith(`${inside}/`))
    if (outputs.length > 0) edits.push(...(await editsAt(store, dir, inside, { key: known.key, outputs })))
    else if (!isTemporaryName(name)) edits.push(inside)
  }
  return edits
}

async function isAsRecorded(store: LocalStore, dir: string, { kind, path, hash }: RecordedOutput): Promise<boolean> {
  const place = join(dir, path)
  if (kind === 'json' && hash !== undefined) {
    return jsonValueAt({ artifact: { kind, digest: { hash, sizeBytes: 0 }, sizeBytes: 0 }, path: place }) !== undefined
  }
  const found = await store.ledger.fileDigests.digest(place)
  if (!found.ok) return false
  return hash === undefined ? isStored(store, found.value.digest) : found.value.digest.hash === hash
}

async function treeEdits(
  store: LocalStore,
  dir: string,
  { name, path, hash }: RecordedOutput,
  key: string | undefined,
): Promise<readonly string[]> {
  const now = await artifactOfPath(store, 'tree', join(dir, path))
  if (now.ok && now.value.digest.hash === hash) return []
  const listing = await listingOf(store, key, name)
  const edits: string[] = []
  for (const entry of readdirSync(join(dir, path), { withFileTypes: true, recursive: true })) {
    const place = join(entry.parentPath, entry.name)
    if (entry.isDirectory() || isTemporaryName(entry.name)) continue
    if (!entry.isFile()) edits.push(place.slice(dir.length + 1))
    else if (lstatSync(place).size > 0) {
      const found = await store.ledger.fileDigests.digest(place)
      const inside = place.slice(join(dir, path).length + 1)
      const wanted = listing?.get(inside)
      const isOwn =
        found.ok &&
        (listing === undefined ? await isStored(store, found.value.digest) : found.value.digest.hash === wanted)
      if (!isOwn) edits.push(place.slice(dir.length + 1))
    }
  }
  return edits
}

/** Returns the digests of the files of a tree that the store knows. */
async function listingOf(
  store: LocalStore,
  key: string | undefined,
  output: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  const found = key === undefined ? undefined : await store.lookup(key)
  const artifact = found?.kind === 'hit' ? found.record.result.outputs[output] : undefined
  if (artifact?.kind !== 'tree') return undefined
  const entries = await readTreeArtifact(store, artifact)
  return entries.ok
    ? new Map(
        entries.value.filter(({ path }) => !isEmptyDirectory(path)).map(({ path, digest }) => [path, digest.hash]),
      )
    : undefined
}

async function isStored(
  store: LocalStore,
  digest: { readonly hash: string; readonly sizeBytes: number },
): Promise<boolean> {
  const missing = await store.findMissing([digest])
  return missing.ok && missing.value.length === 0
}

function entriesOf(dir: string): readonly Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch {
    // There is no such directory, or a link in its place, which is not the job's.
    return []
  }
}
