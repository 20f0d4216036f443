import type { mouths } from './lyrics-schema.ts'

export type Mouth = (typeof mouths)[number]

/** Letters to mouths, the longest first: English spelling, as well as letters alone can tell. */
const spellings: readonly (readonly [RegExp, readonly Mouth[]])[] = [
  [/^(?:tion|sion)/, ['etc', 'U', 'etc']],
  [/^(?:igh|eye|ai|ay|ei|y$)/, ['AI']],
  [/^(?:oo|ew|ue|ou(?=p|r$)|ui)/, ['U']],
  [/^(?:ow|ou|oa|oe|oh|au|aw)/, ['O']],
  [/^(?:ee|ea|ie|ey)/, ['E']],
  [/^(?:wh|qu|w|q)/, ['WQ']],
  [/^(?:ph|f|v)/, ['FV']],
  [/^[mbp]+/, ['MBP']],
  [/^l+/, ['L']],
  [/^(?:sh|ch|th|ck|ng|gh|[bcdfghjkmnpqrstvwxz]+?)/, ['etc']],
  [/^e$/, []],
  [/^[iay]/, ['AI']],
  [/^e/, ['E']],
  [/^o/, ['O']],
  [/^u/, ['U']],
]

/** Returns the shapes that a mouth takes in singing a word; a word in letters that are not Latin opens and closes it. */
export function mouthsOf(word: string): readonly Mouth[] {
  let rest = word
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z]/g, '')
  if (rest === '') return ['AI', 'etc']
  const found: Mouth[] = []
  while (rest !== '') {
    let used = 1
    for (const [pattern, shapes] of spellings) {
      const [letters] = pattern.exec(rest) ?? []
      if (letters === undefined || (letters === 'e' && shapes.length === 0 && found.length < 2)) continue
      for (const shape of shapes) if (found.at(-1) !== shape) found.push(shape)
      used = letters.length
      break
    }
    rest = rest.slice(used)
  }
  return found.length === 0 ? ['etc'] : found
}
