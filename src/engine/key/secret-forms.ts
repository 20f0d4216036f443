/** Texts that are shorter would hide parts of ordinary words. */
export const shortestSecret = 6

/**
 * Returns the forms in which a text stands in others: as it is; in JSON, also inside of JSON and in ASCII only; in an
 * address or a form, as far as it must be or every byte; in hexadecimal digits; and in base64, wherever it begins there.
 */
export function formsOf(text: string): readonly string[] {
  // Half a character has no place in an address.
  const bytes = Buffer.from(text)
  const whole = bytes.toString()
  const json = inJson(text)
  const address = encodeURIComponent(whole)
  const hex = bytes.toString('hex')
  const everyByte = hex.replaceAll(/../g, '%$&')
  const base64 = [0, 1, 2].map((before) => inBase64(bytes, before))
  const forms = [
    text,
    ...[json, inAscii(json), json.replaceAll('/', '\\/')].flatMap((form) => [form, inJson(form)]),
    address,
    new URLSearchParams([['', whole]]).toString().slice(1),
    address.replaceAll(/%../g, (code) => code.toLowerCase()),
    address.replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`),
    encodeURI(whole),
    everyByte,
    everyByte.toUpperCase(),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
  ]
  return [...new Set(forms)].filter((form) => form.length >= shortestSecret)
}

/** A text as JSON writes it. */
function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function inAscii(json: string): string {
  return json.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** The letters of base64 that a text alone decides when so many bytes stand before it, and others after it. */
function inBase64(bytes: Buffer, before: number): string {
  const all = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replaceAll('=', '')
  const first = Math.ceil((before * 8) / 6)
  const last = Math.floor(((before + bytes.length) * 8) / 6)
  return all.slice(first, last)
}
