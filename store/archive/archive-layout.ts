import { isHash } from '../contract/digest.ts'
import type { JsonObject } from '../contract/json.ts'

/** All members are in one directory, for people who unpack an archive by hand. */
const root = 'reprise/'

/** The first member: a description of the archive. */
export const aboutName: string = `${root}ARCHIVE.json`
/** The last member: the hashes of all others, in the format of `b3sum --check`. */
export const sumsName: string = `${root}B3SUMS`

export const archiveFormat = 'reprise-archive'
export const archiveVersion = 1

/** Limits of the members that an import reads into memory. */
export const aboutBytesMax: number = 64 * 1024
export const recordBytesMax: number = 16 * 1024 * 1024
export const listingBytesMax: number = 256 * 1024 * 1024

export type MemberName =
  | { readonly kind: 'about' }
  | { readonly kind: 'sums' }
  | { readonly kind: 'action'; readonly key: string }
  | { readonly kind: 'blob'; readonly hash: string }

export function actionName(key: string): string {
  return `${root}actions/${key}.json`
}

export function blobName(hash: string): string {
  return `${root}blobs/${hash}`
}

/** Returns the member of a name, or undefined for a name that no archive has. */
export function parseName(name: string): MemberName | undefined {
  if (name === aboutName) return { kind: 'about' }
  if (name === sumsName) return { kind: 'sums' }
  const [, folder, stem, suffix = ''] = /^reprise\/(actions|blobs)\/([0-9a-f]{64})(\.json)?$/.exec(name) ?? []
  if (stem === undefined || !isHash(stem)) return undefined
  if (folder === 'actions' && suffix === '.json') return { kind: 'action', key: stem }
  return folder === 'blobs' && suffix === '' ? { kind: 'blob', hash: stem } : undefined
}

export function sumsLine(name: string, hash: string): string {
  return `${hash}  ${name.slice(root.length)}\n`
}

export function aboutJson(exported: { readonly job: string } | { readonly pipeline: string }): JsonObject {
  return { format: archiveFormat, version: archiveVersion, exported: { ...exported } }
}
