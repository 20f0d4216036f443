import { err, ok, type Result } from '../../contract/result.ts'
import { isScope } from '../layout/remote-layout.ts'
import { isPublicKey } from './signing-key.ts'

/** Who may sign for which scopes. */
export interface Trust {
  /** Returns whether what this key signed for this scope counts. */
  trusts(publicKey: string, scope: string): boolean
  /** Whether what nobody signed counts, too. */
  readonly unsigned: boolean
  /** Whether there is anybody. */
  readonly isNobody: boolean
}

/**
 * Reads who is trusted: `anyone`, or a list of `ed25519:KEY`, for all scopes, and `SCOPE=ed25519:KEY`, for one scope, or
 * with a star at its end (`pr/*`) for all that begin so.
 */
export function parseTrust(given: readonly string[] | 'anyone', own: string | undefined): Result<Trust, string> {
  if (given === 'anyone') return ok({ trusts: () => true, unsigned: true, isNobody: false })
  const entries: { readonly scope: string; readonly key: string }[] = []
  if (own !== undefined) entries.push({ scope: '*', key: own })
  for (const text of given) {
    const equals = text.indexOf('=')
    const [scope, key] = equals === -1 ? ['*', text] : [text.slice(0, equals), text.slice(equals + 1)]
    if (!isPublicKey(key)) return err(`'${text}' is not ed25519:KEY or SCOPE=ed25519:KEY`)
    if (scope !== '*' && !isScope(scope.endsWith('/*') ? scope.slice(0, -2) : scope))
      return err(`'${scope}' is not a scope, nor one that ends with /*`)
    entries.push({ scope, key })
  }
  const covers = (pattern: string, scope: string) =>
    pattern === '*' || pattern === scope || (pattern.endsWith('/*') && scope.startsWith(pattern.slice(0, -1)))
  return ok({
    trusts: (publicKey, scope) => entries.some((entry) => entry.key === publicKey && covers(entry.scope, scope)),
    unsigned: false,
    isNobody: entries.length === 0,
  })
}
