import { isHash } from '../contract/digest.ts'
import type { JsonValue } from '../contract/json.ts'
import { isArray, isCount, isObject } from '../contract/json-guards.ts'
import type { Memos } from '../contract/local/ledger.ts'
import type { Suspect } from './verify-blobs.ts'

/** How far a verification has read the blobs, and what it found. */
export interface VerifyPoint {
  /** The last hash that was checked; blobs are read in the order of their hashes. */
  readonly after: string | undefined
  readonly blobs: number
  readonly bytes: number
  readonly suspects: readonly Suspect[]
}

const memo = 'verify'

export const startPoint: VerifyPoint = { after: undefined, blobs: 0, bytes: 0, suspects: [] }

/** Returns where an interrupted verification stopped, or the start. */
export function recallPoint(memos: Memos): VerifyPoint {
  return parsePoint(memos.get(memo)) ?? startPoint
}

/** Remembers where a verification is; the store's next flush writes it. */
export function rememberPoint(memos: Memos, { after, blobs, bytes, suspects }: VerifyPoint): void {
  if (after === undefined) return
  memos.set(memo, { after, blobs, bytes, suspects: suspects.map(({ hash, what, stamp }) => ({ hash, what, stamp })) })
}

export function forgetPoint(memos: Memos): void {
  if (isObject(memos.get(memo))) memos.set(memo, null)
}

function parsePoint(value: JsonValue | undefined): VerifyPoint | undefined {
  if (!isObject(value)) return undefined
  const { after, blobs, bytes } = value
  if (typeof after !== 'string' || !isHash(after) || !isCount(blobs) || !isCount(bytes)) return undefined
  if (!isArray(value.suspects)) return undefined
  const suspects: Suspect[] = []
  for (const item of value.suspects) {
    if (!isObject(item)) return undefined
    const { hash, what, stamp } = item
    if (typeof hash !== 'string' || !isHash(hash)) return undefined
    if (typeof what !== 'string' || typeof stamp !== 'string') return undefined
    suspects.push({ hash, what, stamp })
  }
  return { after, blobs, bytes, suspects }
}
