/** Letters of CEA-608 that stand at another place than in ASCII. */
const basic: Readonly<Record<string, number>> = {
  á: 0x2a,
  é: 0x5c,
  í: 0x5e,
  ó: 0x5f,
  ú: 0x60,
  ç: 0x7b,
  '÷': 0x7c,
  Ñ: 0x7d,
  ñ: 0x7e,
  '█': 0x7f,
}
const special = '®°½¿™¢£♪à èâêîôû'
/** Letters that take the place of the one before them, which is there for decoders that do not know them. */
const extended: readonly (readonly [first: number, letters: string, instead: string])[] = [
  [0x12, 'ÁÉÓÚÜü‘¡*’—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»', 'AEOUUu\'!+\'-cso""AACEEEeIIiOUuU""'],
  [0x13, 'ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤│ÅåØø┌┐└┘', 'AaIIiOoOo()/ -/-AaOosYC/AaOo++++'],
]
const notAscii = new Set(['*', '\\', '^', '_', '`', '{', '|', '}', '~'])

/** Returns the bytes of a letter, without parity: one, or two that begin with one below 0x20; undefined where it has none. */
export function sccBytes(letter: string): readonly number[] | undefined {
  const own = basic[letter]
  if (own !== undefined) return [own]
  const code = letter.codePointAt(0) ?? 0
  if (code >= 0x20 && code < 0x7f && !notAscii.has(letter)) return [code]
  const place = letter === ' ' ? -1 : special.indexOf(letter)
  if (place >= 0) return [0x11, 0x30 + place]
  for (const [first, letters, instead] of extended) {
    const at = [...letters].indexOf(letter)
    if (at >= 0) return [...(sccBytes(instead[at] ?? ' ') ?? []), first, 0x20 + at]
  }
  return undefined
}

/** Returns the letter of a byte of its own. */
export function sccLetter(byte: number): string {
  const own = Object.entries(basic).find(([, value]) => value === byte)
  return own === undefined ? String.fromCharCode(byte) : own[0]
}

/** Returns the letter of two bytes, and whether it takes the place of the one before it; undefined for a command. */
export function sccPair(
  first: number,
  second: number,
): { readonly letter: string; readonly replaces: boolean } | undefined {
  if (first === 0x11 && second >= 0x30 && second <= 0x3f)
    return { letter: special[second - 0x30] ?? ' ', replaces: false }
  const letters = extended.find(([byte]) => byte === first)?.[1]
  if (letters === undefined || second < 0x20 || second > 0x3f) return undefined
  return { letter: [...letters][second - 0x20] ?? ' ', replaces: true }
}
