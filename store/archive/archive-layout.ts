import { isHash } from '../contract/digest.ts'
import type { JsonObject } from '../contract/json.ts'

/** Everything lies under one folder, so that unpacking an archive by hand litters nothing. */
const root = 'reprise/'

/** The first member: what this is. */
export const aboutName: string = `${root}ARCHIVE.json`
/** The last member: every member before it, in the format of `b3sum --check`. */
export const sumsName: string = `${root}B3SUMS`

export const archiveFormat = 'reprise-archive'
export const archiveVersion = 1

/** Limits of what an importer holds in memory: the record of an action, the listing of a tree. */
export const aboutBytesMax: number = 64 * 1024
export const recordBytesMax: number = 16 * 1024 * 1024
export const listingBytesMax: number = 256 * 1024 * 1024

/** What a member's name says that it is. */
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

/** Returns what a name stands for, or undefined for one that no archive has. */
export function parseName(name: string): MemberName | undefined {
  if (name === aboutName) return { kind: 'about' }
  if (name === sumsName) return { kind: 'sums' }
  const [, folder, stem, suffix = ''] = /^reprise\/(actions|blobs)\/([0-9a-f]{64})(\.json)?$/.exec(name) ?? []
  if (stem === undefined || !isHash(stem)) return undefined
  if (folder === 'actions' && suffix === '.json') return { kind: 'action', key: stem }
  return folder === 'blobs' && suffix === '' ? { kind: 'blob', hash: stem } : undefined
}

/** Returns the line of the sums for a member. */
export function sumsLine(name: string, hash: string): string {
  return `${hash}  ${name.slice(root.length)}\n`
}

/** Returns the first member's content. */
export function aboutJson(exported: { readonly job: string } | { readonly pipeline: string }): JsonObject {
  return { format: archiveFormat, version: archiveVersion, exported: { ...exported } }
}
