import type { Problem } from '../../core/index.ts'
import { mapTexts } from '../system/map-texts.ts'
import { formsOf, shortestSecret } from './secret-forms.ts'

/** The secrets that a run was given, kept out of everything that it writes and says. */
export class Secrets {
  readonly #hidden: { readonly name: string; readonly text: string }[] = []

  /** Hides a secret from now on. */
  add(name: string, secret: string): void {
    // What is printed is hidden line by line, and a key may have many.
    const texts = new Set([secret, ...secret.split(/\r\n|\r|\n/)].filter((text) => text.length >= shortestSecret))
    const forms = new Set([...texts].flatMap(formsOf))
    for (const text of forms) this.#hidden.push({ name, text })
    // A secret may hold another: the longer is hidden first.
    this.#hidden.sort((a, b) => b.text.length - a.text.length)
  }

  /** Returns a text with the names of secrets in their places. */
  hide(text: string): string {
    let shown = text
    for (const { name, text: secret } of this.#hidden) shown = shown.replaceAll(secret, () => `[secret ${name}]`)
    return shown
  }

  /** Returns a JSON value with the names of secrets in their places; the same value where it holds none. */
  hideIn<Value extends object>(value: Value): Value {
    if (this.#hidden.length === 0) return value
    return mapTexts(value, (text) => this.hide(text))
  }

  /**
   * Returns what is wrong with a JSON value that is to be written down, as a part of `what`, where it holds a secret.
   */
  problemsOf(value: object, where: string, what: string): readonly Problem[] {
    const name = this.#nameIn(value)
    if (name === undefined) return []
    const message = `${what} contains the secret '${name}', which must not be written anywhere; pass it only as a service`
    return [{ where, message }]
  }

  #nameIn(value: object): string | undefined {
    if (this.#hidden.length === 0) return undefined
    const text = JSON.stringify(value)
    return this.#hidden.find(({ text: secret }) => text.includes(secret))?.name
  }
}
