import type { ActionKey, ActionRecord } from '../../contract/action-cache.ts'
import { actionRecordJson, parseActionRecord } from '../../contract/action-record.ts'
import { canonicalJson, isKeyOf } from '../../contract/canonical-json.ts'
import { isHash } from '../../contract/digest.ts'
import type { JsonObject, JsonValue } from '../../contract/json.ts'
import { guardedParse, isArray, isCount, isObject } from '../../contract/json-guards.ts'
import { err, ok, type Result } from '../../contract/result.ts'
import { pathProblem } from '../../contract/tree.ts'
import { isSignedBy, type SigningKey, signatureText } from './signing-key.ts'
import type { Trust } from './trust.ts'

/** A sealed action of more bytes is refused. That of a tree of 10,000 small files takes about one MiB. */
export const sealedBytesMax: number = 16 * 1024 * 1024

/** A blob inside a pack. */
export interface PackedBlob {
  readonly hash: string
  readonly offset: number
  readonly sizeBytes: number
}

/** Small blobs, one after the other in one object that is named after the hash of all. */
export interface Pack {
  readonly hash: string
  readonly blobs: readonly PackedBlob[]
}

export interface OpenedAction {
  readonly record: ActionRecord
  readonly packs: readonly Pack[]
  /** The public key of the one who signed it; empty where nobody did. */
  readonly signer: string
}

/** What an action is sealed with: the scope is a part of what is signed, so that a seal is of no use in another. */
export interface SealedFor {
  readonly key: ActionKey
  readonly scope: string
}

/** Returns the text of a sealed action. Without a key it is not signed, and only who trusts anyone takes it. */
export function sealAction(
  scope: string,
  record: ActionRecord,
  packs: readonly Pack[],
  signer: SigningKey | undefined,
): string {
  const { key } = record
  const text = canonicalJson(actionRecordJson(record))
  const packed = packsJson(packs)
  const bytes = signedBytes({ key, scope }, text, packed)
  const sealed: JsonObject = {
    v: 1,
    key,
    scope,
    record: text,
    packs: packed,
    signer: signer?.publicKey ?? '',
    signature: signer === undefined ? '' : signatureText(signer, bytes),
  }
  return canonicalJson(sealed)
}

/**
 * Opens a sealed action that was read under a key in a scope, or says why it counts for nothing. Checked, in this order:
 * its form, that it is of this key and scope, its signature, that the key is that of the action inside.
 */
export function openAction(bytes: Uint8Array, expected: SealedFor, trust: Trust): Result<OpenedAction, string> {
  const sealed = guardedParse(Buffer.from(bytes).toString('utf8'))
  if (!isObject(sealed)) return err('it is not a sealed result')
  const { v, key, scope, record: text, packs: packed, signer, signature } = sealed
  if (v !== 1) return err(`it is of version ${canonicalJson(v ?? null).slice(0, 20)}, and this program reads version 1`)
  const packs = parsePacks(packed)
  if (typeof text !== 'string' || typeof signer !== 'string' || typeof signature !== 'string' || packs === undefined)
    return err('it is not a sealed result')
  if (key !== expected.key) return err('it is the result of another action')
  if (scope !== expected.scope) return err('it was made for another scope')
  if (!isCounted(sealed, { ...expected, text, packed: packsJson(packs) }, trust))
    return err(signer === '' ? 'it is not signed' : `it is not signed by anybody who is trusted for ${scope}`)
  const record = parseActionRecord(guardedParse(text))
  if (record?.key !== key || !isKeyOf(key, record.action)) return err('its key is not that of its action')
  const problem = recordProblem(record)
  return problem === undefined ? ok({ record, packs, signer }) : err(problem)
}

function isCounted(
  { signer, signature }: JsonObject,
  { text, packed, ...expected }: SealedFor & { readonly text: string; readonly packed: JsonValue },
  trust: Trust,
): boolean {
  if (trust.unsigned) return true
  if (typeof signer !== 'string' || typeof signature !== 'string' || !trust.trusts(signer, expected.scope)) return false
  return isSignedBy(signer, signedBytes(expected, text, packed), signature)
}

/** What a signature is of. The parts cannot run into one another: none but the last can hold a NUL. */
function signedBytes({ key, scope }: SealedFor, record: string, packs: JsonValue): Uint8Array {
  return Buffer.from(['reprise result v1', scope, key, canonicalJson(packs), record].join('\0'))
}

/** File names of a record are shown, and joined to paths. */
function recordProblem({ labels, result }: ActionRecord): string | undefined {
  for (const file of Object.values(labels.files)) {
    const problem = pathProblem(file.replace(/\/$/, ''))
    if (problem !== undefined) return `it names a file ${JSON.stringify(file)}, which ${problem}`
  }
  const odd = Object.values(result.outputs).find(
    ({ kind, digest, sizeBytes }) => kind !== 'tree' && digest.sizeBytes !== sizeBytes,
  )
  return odd === undefined ? undefined : 'it says two sizes of one output'
}

function packsJson(packs: readonly Pack[]): JsonValue {
  return packs.map(({ hash, blobs }) => [hash, blobs.map(({ hash, offset, sizeBytes }) => [hash, offset, sizeBytes])])
}

/** Returns the packs that a sealed action names, or undefined where what it says is of another shape. */
export function parsePacks(value: JsonValue | undefined): readonly Pack[] | undefined {
  if (!isArray(value)) return undefined
  const packs: Pack[] = []
  for (const item of value) {
    if (!isArray(item) || item.length !== 2) return undefined
    const [hash, inside] = item
    if (typeof hash !== 'string' || !isHash(hash) || !isArray(inside)) return undefined
    const blobs: PackedBlob[] = []
    for (const one of inside) {
      if (!isArray(one) || one.length !== 3) return undefined
      const [blob, offset, sizeBytes] = one
      if (typeof blob !== 'string' || !isHash(blob) || !isCount(offset) || !isCount(sizeBytes)) return undefined
      blobs.push({ hash: blob, offset, sizeBytes })
    }
    packs.push({ hash, blobs })
  }
  return packs
}
