import { languageCode } from '../languages/languages.ts'

/** The language pairs that Debian 12 packages, each as its package names it after `apertium-`. */
const debianPairs = `
  afr-nld arg-cat bel-rus br-fr cat-ita cat-srd dan-nor en-gl eng-cat eng-spa eo-ca eo-en eo-es eo-fr es-gl es-pt es-ro
  eu-en eu-es fr-es fra-cat fra-frp hbs-eng hbs-mkd hbs-slv ind-zlm isl-eng isl-swe mkd-bul mkd-eng nno-nob oc-ca oc-es
  oci-fra pol-szl por-cat pt-gl rus-ukr spa-arg spa-ast spa-cat spa-ita srd-ita swe-dan swe-nor urd-hin`

interface PackagedPair {
  readonly name: string
  /** As `languageCode` gives them. */
  readonly languages: readonly string[]
}

function packagedPairs(): PackagedPair[] {
  return debianPairs
    .trim()
    .split(/\s+/)
    .map((name) => ({ name, languages: name.split('-').map((code) => languageCode(code) ?? code) }))
}

/** Returns Debian's package with the data for two languages, or undefined where there is none. */
export function debianPackage(from: string, to: string): string | undefined {
  const wanted = [from, to].map((code) => languageCode(code) ?? code)
  const pair = packagedPairs().find(({ languages }) => wanted.every((code) => languages.includes(code)))
  return pair === undefined ? undefined : `apertium-${pair.name}`
}

/** Returns the languages that a package of Debian pairs with a language, sorted. */
export function packagedPartners(language: string): string[] {
  const code = languageCode(language) ?? language
  const partners = packagedPairs().flatMap(({ languages }) =>
    languages.includes(code) ? languages.filter((other) => other !== code) : [],
  )
  return [...new Set(partners)].sort()
}
