/**
 * Returns a number of random hexadecimal digits for unique names. Not for secrets: it avoids loading a cryptographic
 * library.
 */
export function randomName(digits: number): string {
  let name = ''
  while (name.length < digits) name += Math.floor(Math.random() * 16).toString(16)
  return name
}
