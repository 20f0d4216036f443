/** How many letters a figure and a sign have when they are said: `five`, `percent`. */
const figure = 4.5
const signs: Readonly<Record<string, number>> = { '%': 7, '&': 3, '+': 4, '=': 6, '@': 2, '#': 6, '°': 6, '/': 3 }
const currency = 6
/** A sign of Chinese, Japanese or Korean is a syllable. */
const syllable = 3

/** Returns how long it takes to say a word, in letters; never nothing. */
export function spokenLength(word: string): number {
  let letters = 0
  for (const sign of word) {
    if (/\p{N}/u.test(sign)) letters += figure
    else if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(sign)) letters += syllable
    else if (/\p{L}/u.test(sign)) letters += 1
    else if (/\p{Sc}/u.test(sign)) letters += currency
    else letters += signs[sign] ?? 0
  }
  // The breath between two words.
  return letters + 1
}
