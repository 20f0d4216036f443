/** Scripts that are written without spaces between words; the latter have them between phrases. */
const dense = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u
const phrased = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
const opening = /^[「『（［｛〈《【〔“‘([{¿¡]+$/u

let segmenter: Intl.Segmenter | undefined

/**
 * Returns where a text without spaces may be broken, in parts: between its words, but not before what ends or after what
 * opens a phrase. A text of other scripts is one part.
 */
export function unspacedParts(text: string): readonly string[] {
  if (!dense.test(text) && !phrased.test(text)) return [text]
  segmenter ??= new Intl.Segmenter('und', { granularity: 'word' })
  const parts: string[] = []
  let before = ''
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    const last = parts.length - 1
    if (isWordLike === true) {
      // Latin letters and digits beside each other are one word.
      const isWhole = before === '' && last >= 0 && isSpaced(parts[last]?.at(-1) ?? '') && isSpaced(segment[0] ?? '')
      if (isWhole) parts[last] += segment
      else parts.push(before + segment)
      before = ''
    } else if (opening.test(segment) || last < 0) before += segment
    else parts[last] += before + segment
  }
  if (before !== '') parts.push(before)
  return parts
}

function isSpaced(character: string): boolean {
  return character !== '' && !dense.test(character) && !phrased.test(character)
}

/** Returns whether a space stands between two words. */
export function isSpaceBetween(one: string, other: string): boolean {
  const [end, start] = [one.at(-1) ?? '', other[0] ?? '']
  if (dense.test(end) || dense.test(start)) return false
  return !(phrased.test(end) && phrased.test(start))
}
