/** Returns whether a host is this machine, to which a secret may go in clear. */
export function isLoopback(hostname: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

/** Returns what an HTTP header says of who asks: a token, or else the name and password of an address. */
export function authorization(
  { username, password }: Pick<URL, 'username' | 'password'>,
  token: string | undefined,
): string | undefined {
  if (token !== undefined) return `Bearer ${token}`
  if (username === '') return undefined
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}
