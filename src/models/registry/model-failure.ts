import type { Model } from './model.ts'

/** Why something about a model was not done. */
export type ModelFailure =
  | { readonly kind: 'unknown-model'; readonly name: string; readonly names: readonly string[] }
  | { readonly kind: 'no-home' }
  | { readonly kind: 'not-installed'; readonly name: string }
  | { readonly kind: 'no-build'; readonly model: string; readonly runtime: string; readonly system: string }
  | { readonly kind: 'unobtainable'; readonly what: string; readonly tried: readonly TriedSource[] }
  | { readonly kind: 'wrong-file'; readonly model: string; readonly path: string; readonly found: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly why: string }
  | { readonly kind: 'disk'; readonly path: string; readonly code: string }
  | { readonly kind: 'interrupted'; readonly model: string }

/** A source that did not give what it should. */
export interface TriedSource {
  readonly source: string
  readonly why: string
}

/** Why one source failed; the next one is tried. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
}

/** The disk, not the source, is at fault: no other source would do better. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly code: string
  readonly path: string

  constructor(path: string, code: string) {
    super(`${path}: ${code}`)
    this.code = code
    this.path = path
  }
}

const diskCodes: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'a file may not become that large',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EIO: 'the disk reports an error',
  ENOENT: 'there is no such directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENAMETOOLONG: 'the path is too long',
}

/** Returns the error as one of the disk, if it is. */
export function asDiskError(error: unknown, path: string): DiskError | undefined {
  if (error instanceof DiskError) return error
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  const isOfDisk = Object.hasOwn(diskCodes, error.code) || 'path' in error
  return isOfDisk ? new DiskError(path, error.code) : undefined
}

/** Returns the failure in words: what happened, and what to do. */
export function describeModelFailure(failure: ModelFailure): string {
  switch (failure.kind) {
    case 'unknown-model':
      return `there is no model '${failure.name}' (models: ${failure.names.join(', ')})`
    case 'no-home':
      return 'this user has no home directory for models; choose a directory with REPRISE_MODELS'
    case 'not-installed':
      return `${failure.name} is not installed; install it with: reprise models install ${failure.name}`
    case 'no-build':
      return `${failure.model} runs with ${failure.runtime}, of which there is no build for ${failure.system}`
    case 'unobtainable':
      return [
        `${failure.what} could not be fetched; what is verified already is kept, and the same command continues from there`,
        ...failure.tried.map(({ source, why }) => `${source}: ${why}`),
      ].join('\n')
    case 'wrong-file':
      return `${failure.path} is not ${failure.model}: its SHA-256 is ${failure.found}, which is none of the known ones`
    case 'unreadable':
      return `cannot read ${failure.path}: ${failure.why}`
    case 'disk':
      return `cannot write ${failure.path}: ${diskCodes[failure.code] ?? failure.code}; nothing was installed`
    case 'interrupted':
      return `interrupted; ${failure.model} was not installed, and the same command continues from there`
    default:
      return failure satisfies never
  }
}

/** Returns the failure for a name that no model has. */
export function unknownModel(name: string, known: readonly Model[]): ModelFailure {
  return { kind: 'unknown-model', name, names: known.map((model) => model.name) }
}
