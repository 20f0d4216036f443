import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { err, ok, type Result } from '../../contract/result.ts'

/** Ed25519, as in RFC 8032; keys as in RFC 8410. */
const algorithm = 'ed25519'
const publicPrefix = 'ed25519:'
const publicPattern = /^ed25519:[A-Za-z0-9_-]{43}$/
const signatureBytes = 64

/** A key with which results are signed. */
export interface SigningKey {
  /** The public key, as `trust` lists it. */
  readonly publicKey: string
  sign(bytes: Uint8Array): Uint8Array
}

/** Returns a new private key as PEM (PKCS #8). */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync(algorithm)
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Returns the key in a text: PEM, or the base64 of its inside on one line, as secrets of CI systems are kept best. */
export function parseSigningKey(text: string): Result<SigningKey, string> {
  let key: KeyObject
  try {
    key = text.includes('-----BEGIN')
      ? createPrivateKey(text)
      : createPrivateKey({ key: Buffer.from(text.trim(), 'base64'), format: 'der', type: 'pkcs8' })
  } catch {
    // The error of OpenSSL could hold a part of the text.
    return err("it is not a private key; make one with 'reprise remote keygen'")
  }
  if (key.asymmetricKeyType !== algorithm) return err(`it is a key of ${key.asymmetricKeyType}, not of ${algorithm}`)
  return ok({ publicKey: publicText(createPublicKey(key)), sign: (bytes) => sign(null, bytes, key) })
}

/** Returns whether a text is a public key as `trust` lists it. */
export function isPublicKey(text: string): boolean {
  return publicPattern.test(text)
}

/** Returns the signature of bytes as a text: base64. */
export function signatureText(signer: SigningKey, bytes: Uint8Array): string {
  return Buffer.from(signer.sign(bytes)).toString('base64')
}

/** Returns whether a text is the signature of these bytes by the owner of a public key; false for whatever is no key or signature. */
export function isSignedBy(publicKey: string, bytes: Uint8Array, text: string): boolean {
  const signature = Buffer.from(text, 'base64')
  // Several texts decode to the same bytes; only one is written.
  if (signature.toString('base64') !== text) return false
  if (!isPublicKey(publicKey) || signature.byteLength !== signatureBytes) return false
  try {
    const x = publicKey.slice(publicPrefix.length)
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return verify(null, bytes, key, signature)
  } catch {
    return false
  }
}

function publicText(key: KeyObject): string {
  return publicPrefix + (key.export({ format: 'jwk' }).x ?? '')
}
