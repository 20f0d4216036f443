/** The code tables of EBU STL: Latin (ISO 6937), then Cyrillic, Arabic, Greek and Hebrew (ISO 8859-5 to 8). */
export type CodeTable = '00' | '01' | '02' | '03' | '04'

/** The accents of ISO 6937, each a byte before its letter, by the combining character of Unicode. */
const accents: ReadonlyMap<string, number> = new Map([
  ['\u0300', 0xc1],
  ['\u0301', 0xc2],
  ['\u0302', 0xc3],
  ['\u0303', 0xc4],
  ['\u0304', 0xc5],
  ['\u0306', 0xc6],
  ['\u0307', 0xc7],
  ['\u0308', 0xc8],
  ['\u030a', 0xca],
  ['\u0327', 0xcb],
  ['\u030b', 0xcd],
  ['\u0328', 0xce],
  ['\u030c', 0xcf],
])

/** The other characters of ISO 6937 above ASCII, from 0xa1, 0xb0, 0xd0, 0xe0 and 0xf0 on; a space where there is none. */
const rows: readonly (readonly [first: number, characters: string])[] = [
  [0xa1, '¡¢£$¥ §¤‘“«←↑→↓'],
  [0xb0, '°±²³×µ¶·÷’”»¼½¾¿'],
  [0xd0, '—¹®©™♪¬¦'],
  [0xdc, '⅛⅜⅝⅞'],
  [0xe0, 'ΩÆÐªĦ ĲĿŁØŒºÞŦŊŉ'],
  [0xf0, 'ĸæđðħıĳŀłøœßþŧŋ'],
]
const latin: ReadonlyMap<string, number> = new Map(
  rows.flatMap(([first, characters]) =>
    [...characters].flatMap((character, index) => (character === ' ' ? [] : [[character, first + index] as const])),
  ),
)
const latinByByte: ReadonlyMap<number, string> = new Map([...latin].map(([character, byte]) => [byte, character]))
const accentByByte: ReadonlyMap<number, string> = new Map([...accents].map(([accent, byte]) => [byte, accent]))

/** Where the letters of the other tables are in Unicode: a byte is the code point less this. */
const alphabets = {
  '01': { first: 0x401, last: 0x45f, shift: 0x360 },
  '02': { first: 0x621, last: 0x652, shift: 0x560 },
  '03': { first: 0x384, last: 0x3ce, shift: 0x2d0 },
  '04': { first: 0x5d0, last: 0x5ea, shift: 0x4f0 },
} as const

/** What has no place of its own in these tables. */
const plainer: ReadonlyMap<string, string> = new Map([
  ['…', '...'],
  ['–', '-'],
  ['‐', '-'],
  ['„', '"'],
  ['\u00a0', ' '],
  ['\u2060', ''],
])

/** Returns the table that has most letters of a text. */
export function tableFor(text: string): CodeTable {
  const counts = (['01', '02', '03', '04'] as const).map((table) => {
    const { first, last } = alphabets[table]
    let count = 0
    for (const character of text) {
      const point = character.codePointAt(0) ?? 0
      if (point >= first && point <= last) count += 1
    }
    return { table, count }
  })
  const most = counts.reduce((one, other) => (other.count > one.count ? other : one))
  return most.count > 0 ? most.table : '00'
}

/** Returns a line as bytes, and how many characters the table lacks. */
export function encodeText(
  line: string,
  table: CodeTable,
): { readonly bytes: readonly number[]; readonly unwritable: number } {
  const bytes: number[] = []
  let unwritable = 0
  const clear = [...line.normalize('NFC')].map((character) => plainer.get(character) ?? character).join('')
  for (const character of clear) {
    const encoded = bytesOf(character, table)
    if (encoded === undefined) unwritable += 1
    bytes.push(...(encoded ?? [0x3f]))
  }
  return { bytes, unwritable }
}

function bytesOf(character: string, table: CodeTable): readonly number[] | undefined {
  const point = character.codePointAt(0) ?? 0
  // In ISO 6937 of 1983 the dollar is 0xa4, in that of 2001 it is where ASCII has it, and so most programs read it.
  if (point >= 0x20 && point < 0x7f) return [point]
  if (table !== '00') {
    const { first, last, shift } = alphabets[table]
    return point >= first && point <= last ? [point - shift] : undefined
  }
  const own = latin.get(character)
  if (own !== undefined) return [own]
  const [letter = '', accent, ...more] = character.normalize('NFD')
  const byte = accents.get(accent ?? '')
  return byte === undefined || more.length > 0 || !/^[A-Za-z]$/.test(letter) ? undefined : [byte, letter.charCodeAt(0)]
}

/** Returns the lines in the bytes of a text; control codes of teletext and colours are left out. */
export function decodeText(bytes: readonly number[], table: CodeTable): string[] {
  let text = ''
  let accent = ''
  for (const byte of bytes) {
    if (byte === 0x8a) text += '\n'
    else if (byte < 0x20) text += ' '
    else if (byte >= 0x80 && byte < 0xa0) continue
    else if (byte < 0x7f) {
      text += String.fromCharCode(byte) + accent
      accent = ''
    } else if (table !== '00') text += String.fromCodePoint(byte + alphabets[table].shift)
    else if (accentByByte.has(byte)) accent = accentByByte.get(byte) ?? ''
    else text += latinByByte.get(byte) ?? ''
  }
  return text
    .normalize('NFC')
    .split('\n')
    .map((line) => line.replace(/ +/g, ' ').trim())
    .filter((line) => line !== '')
}
