/** Text that is HTML already. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a template of `html` takes between its texts. */
export type MarkupPart = Markup | string | number | readonly Markup[] | undefined

/** Makes HTML of a template: what is put in is escaped, unless it was made by `html` itself. */
export function html(texts: TemplateStringsArray, ...parts: readonly MarkupPart[]): Markup {
  return new Markup(texts.map((text, index) => text + markupOf(parts[index])).join(''))
}

function markupOf(part: MarkupPart): string {
  if (part === undefined) return ''
  if (part instanceof Markup) return part.text
  if (typeof part === 'object') return part.map(({ text }) => text).join('')
  return String(part).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
