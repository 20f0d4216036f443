import type { DocumentText } from './document.ts'

const address = /\b(?:https?|ftp):\/\/[^\s<>()]+|\bwww\.[^\s<>()]+|\b[\w.+-]+@[\w-]+\.[\w.-]+\b/gi
const emoji = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200d|\ufe0f|\u20e3/gu
/** A name of the form `snake_case`, `path/to/file` or `--flag`: its parts are words. Signs of sums stay, as in `a < b`. */
const joints = /[_\\|~^`*{}[\]]+|(?<=\p{L})\/(?=\p{L})|(?<!\p{L})#+|(?<!\s)[<>=]+|[<>=]+(?!\s)|(?<=\s)\/|\/(?=\s|$)/gu
const flagDashes = /(?<=^|\s)-{1,3}(?=[^\s\d])/g
/** A dash between words is a pause. */
const pauseDash = /\s+[-\u2013\u2014]+\s+/g

/** Returns a text without what nobody can say: addresses, emoji, and the marks of code and of Markdown. */
export function speakable(text: string): string {
  return captionText(text)
    .replace(/&/g, ' and ')
    .replace(/\s(?:->|=>|\u2192|\u21d2)\s/g, ' to ')
    .replace(/(?<=\d)\/(?=\p{L})/gu, ' per ')
    .replace(pauseDash, ', ')
    .replace(flagDashes, ' ')
    .replace(joints, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, ' ')
    .replace(/\(\s*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/\s+(?=[,.;:!?])/g, '')
    .trim()
}

/** Returns a text as captions show it: as it was written, without addresses, emoji and the marks of Markdown. */
export function captionText(text: string): string {
  return text
    .replace(address, ' ')
    .replace(emoji, ' ')
    .replace(/[`*]+|(?<!\S)_+|_+(?!\S)/g, '')
    .replace(/\(\s*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/\s+(?=[,.;:!?])/g, '')
    .trim()
}

/** Returns whether there is anything to say in a text: a letter or a digit. */
export function isSpeakable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text)
}

/** Returns a text as it is shown and as it is spoken. */
export function documentText(shown: string): DocumentText {
  const tidy = shown.replace(emoji, '').replace(/\s+/g, ' ').trim()
  const spoken = speakable(tidy)
  return { shown: tidy, spoken: isSpeakable(spoken) ? spoken : '' }
}
