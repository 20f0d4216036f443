import { inspect } from 'node:util'

/** Returns the message of an exception; anything may be thrown. */
export function errorMessage(thrown: unknown): string {
  try {
    if (thrown instanceof Error) return String(thrown.message)
    return typeof thrown === 'string' ? thrown : inspect(thrown)
  } catch {
    return 'an exception that cannot be shown'
  }
}

/** Returns the stack of an exception; empty if it has none. */
export function errorStack(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.stack ?? '') : ''
  } catch {
    return ''
  }
}
