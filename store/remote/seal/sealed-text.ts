import { isSignedBy, type SigningKey, signatureText } from './signing-key.ts'
import type { Trust } from './trust.ts'

/** Who signed a text, and the signature in base64. */
export interface Seal {
  /** The public key, as `trust` lists it. */
  readonly signer: string
  readonly signature: string
}

/** Why a seal does not count. */
export type SealProblem = 'unsigned' | 'untrusted' | 'changed'

/** What kind of text is sealed: a seal of one kind is of no use for another, nor for a result. */
export interface SealedText {
  readonly kind: string
  readonly text: string
}

/** Signs a text. */
export function sealText(sealed: SealedText, signer: SigningKey): Seal {
  return { signer: signer.publicKey, signature: signatureText(signer, signedBytes(sealed)) }
}

/**
 * Returns why the seal of a text does not count for who reads these scopes, or undefined where it does: its signer is
 * trusted for one of them. Who trusts anyone takes every text, as every result.
 */
export function sealProblem(
  sealed: SealedText,
  seal: Seal | undefined,
  { trust, readScopes }: { readonly trust: Trust; readonly readScopes: readonly string[] },
): SealProblem | undefined {
  if (trust.unsigned) return undefined
  if (seal === undefined) return 'unsigned'
  const { signer, signature } = seal
  if (!readScopes.some((scope) => trust.trusts(signer, scope))) return 'untrusted'
  return isSignedBy(signer, signedBytes(sealed), signature) ? undefined : 'changed'
}

/** The first words differ from those of a sealed result. */
function signedBytes({ kind, text }: SealedText): Uint8Array {
  return Buffer.from([`reprise ${kind} v1`, text].join('\0'))
}
