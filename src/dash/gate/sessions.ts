import { isSameSecret, newSecret } from './secret.ts'

export const cookieName = 'reprise-session'
const codeLivesMs = 10 * 60 * 1000
const codesMax = 32

/** One browser that has shown a one-time code. It ends with the server. */
export interface Session {
  /** The first part of every address of this session; a page on another port does not get a cookie with such a path. */
  readonly path: string
  readonly cookie: string
  /** What changing requests show in the header `x-reprise`. */
  readonly csrf: string
}

/** Who may use the dashboard. */
export class Sessions {
  /** For `reprise dash --url`, which asks for a new code. */
  readonly token = newSecret()
  readonly #codes = new Map<string, number>()
  readonly #sessions = new Map<string, Session>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Returns a code that opens one session within ten minutes. */
  issueCode(): string {
    const code = newSecret()
    this.#codes.set(code, this.#now() + codeLivesMs)
    const [oldest] = this.#codes.keys()
    if (this.#codes.size > codesMax && oldest !== undefined) this.#codes.delete(oldest)
    return code
  }

  /** Returns a new session for a code; undefined for one that is unknown, used or too old. */
  redeem(code: string): Session | undefined {
    const known = [...this.#codes].find(([issued]) => isSameSecret(issued, code))
    if (known === undefined) return undefined
    this.#codes.delete(known[0])
    if (known[1] < this.#now()) return undefined
    const session = { path: newSecret(), cookie: newSecret(), csrf: newSecret() }
    this.#sessions.set(session.path, session)
    return session
  }

  /** Returns the session of a path, if one of the cookies is its own: another port of this machine can set others. */
  find(path: string, cookieHeader: string | undefined): Session | 'no-cookie' | undefined {
    const session = this.#sessions.get(path)
    if (session === undefined) return undefined
    const isShown = cookiesIn(cookieHeader ?? '').some((value) => isSameSecret(value, session.cookie))
    return isShown ? session : 'no-cookie'
  }

  isToken(token: string): boolean {
    return isSameSecret(token, this.token)
  }
}

/** Returns the `Set-Cookie` header of a session. */
export function cookieOf({ path, cookie }: Session): string {
  return `${cookieName}=${cookie}; HttpOnly; SameSite=Strict; Path=/${path}/`
}

function cookiesIn(header: string): readonly string[] {
  const begin = `${cookieName}=`
  return header
    .split(';')
    .map((part) => part.trim())
    .flatMap((part) => (part.startsWith(begin) ? [part.slice(begin.length)] : []))
}
