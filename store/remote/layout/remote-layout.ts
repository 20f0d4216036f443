import type { ActionKey } from '../../contract/action-cache.ts'

/**
 * The layout "reprise-remote 1". Keys are paths, so a bucket, a web server and a folder hold the same tree:
 *
 *     FORMAT                          "reprise-remote 1\n"
 *     SCOPE/actions/ab/KEY            a sealed action
 *     SCOPE/blobs/ab/HASH             the bytes of a blob
 *     SCOPE/packs/ab/HASH             small blobs of one action, one after the other
 *
 * A scope is a whole layout of its own, so that a policy of a server by prefix says who may write it.
 */
export const formatPath = 'FORMAT'
export const formatText = 'reprise-remote 1\n'
export const formatBytesMax = 256

const partPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
/** Names with a meaning in the layout; a scope that had one as a part could lie inside another. */
const taken = new Set(['actions', 'blobs', 'packs', 'FORMAT'])

/** Returns whether a text can be a scope: `main`, `pr/17`. */
export function isScope(text: string): boolean {
  const parts = text.split('/')
  return parts.length <= 8 && parts.every((part) => partPattern.test(part) && !taken.has(part))
}

export function actionPath(scope: string, key: ActionKey): string {
  return `${scope}/actions/${key.slice(0, 2)}/${key}`
}

export function blobPath(scope: string, hash: string): string {
  return `${scope}/blobs/${hash.slice(0, 2)}/${hash}`
}

export function packPath(scope: string, hash: string): string {
  return `${scope}/packs/${hash.slice(0, 2)}/${hash}`
}
