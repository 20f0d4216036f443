import type { AnyRef, ArtifactRef, Files } from '../declare/reference.ts'

export function isRef(value: unknown): value is AnyRef {
  return isReference(value) && (value.ref === 'artifact' || value.ref === 'gathered')
}

export function isFiles(value: unknown): value is Files {
  return isReference(value) && value.ref === 'files'
}

function isReference(value: unknown): value is { readonly ref: unknown } {
  return typeof value === 'object' && value !== null && 'ref' in value
}

export function isWirable(value: unknown): value is AnyRef | readonly ArtifactRef[] {
  return isRef(value) || (Array.isArray(value) && value.every(isArtifactRef))
}

export function isArtifactRef(value: unknown): value is ArtifactRef {
  return isRef(value) && value.ref === 'artifact'
}

export const folderlessFiles =
  "'files' takes a folder (an input 'tree', or a tree that a step makes) or an input many(file()) of the pipeline"

/** Returns why nothing can be gone over: without types, an author may pass anything. */
export function filesProblem(of: unknown, pattern: unknown): string | undefined {
  if (!isRef(of)) return folderlessFiles
  const isOfInput = of.ref === 'gathered' && of.sources.length === 1 && of.sources[0]?.from === 'input'
  if (of.ref === 'artifact' ? of.kind !== 'tree' : !isOfInput || of.kind !== 'file') return folderlessFiles
  if (typeof pattern !== 'string' || pattern === '')
    return `'files' takes a pattern such as '**/*.wav', not ${JSON.stringify(pattern)}`
  const isOutside = pattern.startsWith('/') || pattern.split('/').some((part) => part === '.' || part === '..')
  return isOutside
    ? `the pattern '${pattern}' of 'files' matches nothing: paths are relative to the folder, as in '**/*.wav'`
    : undefined
}
