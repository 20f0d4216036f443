/** Returns so many hexadecimal digits that make a name unique, and no secret; it needs no cryptography loaded. */
export function randomName(digits: number): string {
  let name = ''
  while (name.length < digits) name += Math.floor(Math.random() * 16).toString(16)
  return name
}
