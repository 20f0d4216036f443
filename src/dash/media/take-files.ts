import {
  type DirectoryStore,
  inspectAction,
  isEmptyDirectory,
  readTreeArtifact,
  type StoredArtifact,
} from '../../../store/index.ts'
import { listTakes } from '../../engine/index.ts'
import { type OpenedFile, openWithin } from '../files/open-within.ts'
import type { MediaCache } from './media-cache.ts'

interface NamedFile {
  readonly jobDir: string
  readonly step: string
  readonly take: number
  readonly output: string
  /** The path in a tree; empty for an output that is a file. */
  readonly entry: string
}

/** Opens a file of a take that is not in the job directory, as the store has it; undefined where it has none. */
export async function openTake(
  store: DirectoryStore,
  cache: MediaCache,
  { jobDir, step, take, output, entry }: NamedFile,
): Promise<(OpenedFile & { readonly digest: string }) | undefined> {
  const takes = await listTakes(store, jobDir, step)
  const key = takes.ok ? takes.value.find((of) => of.step === step && of.take === take)?.key : undefined
  return openResult(store, cache, key, { output, entry })
}

/** Opens a file of a result, as the store has it; undefined where it has none. */
export async function openResult(
  store: DirectoryStore,
  cache: MediaCache,
  key: string | undefined,
  { output, entry }: Pick<NamedFile, 'output' | 'entry'>,
): Promise<(OpenedFile & { readonly digest: string }) | undefined> {
  const found = key === undefined ? undefined : inspectAction(store, key)
  const known = found?.ok === true && found.value.kind === 'found' ? found.value.value : undefined
  const outputs = known?.record?.result.outputs ?? {}
  const artifact = Object.hasOwn(outputs, output) ? outputs[output] : undefined
  const digest = artifact === undefined ? undefined : await digestOf(store, artifact, entry)
  if (digest === undefined) return undefined
  // The digest names the file, so what is kept of one take serves others with the same bytes.
  const name = `${digest.hash.replace(/[^\w-]/g, '_')}.take`
  if (!cache.has(name)) {
    const link = { inPrivate: true } as const
    const made = await cache.make(
      name,
      (path) => store.blobs.materialize(digest, path, link),
      (of) => of.ok,
    )
    if (!made.ok) return undefined
  }
  const opened = openWithin(cache.dir, name)
  return opened === undefined ? undefined : { ...opened, digest: digest.hash }
}

async function digestOf(store: DirectoryStore, artifact: StoredArtifact, entry: string) {
  if (artifact.kind !== 'tree') return entry === '' ? artifact.digest : undefined
  const tree = await readTreeArtifact(store, artifact)
  const file = tree.ok ? tree.value.find(({ path }) => path === entry && !isEmptyDirectory(path)) : undefined
  return file?.digest
}
