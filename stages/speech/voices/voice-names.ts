/** The voices that are compiled into flite. */
export const fliteVoices: readonly string[] = ['slt', 'rms', 'awb', 'kal16', 'kal']

/** Languages that espeak-ng has in several accents: which one is meant without a region. */
const accents: Readonly<Record<string, string>> = { en: 'en-us', zh: 'cmn', pt: 'pt-br', fr: 'fr-fr' }

/** Returns the name that espeak-ng has for a language. */
export function espeakAccent(language: string): string {
  return accents[language] ?? language
}

/** A language that Kokoro speaks. */
interface KokoroAccent {
  readonly language: string
  /** As espeak-ng calls it. */
  readonly accent: string
  /** The best one first, as its authors grade them. */
  readonly voices: readonly string[]
}

const named = (prefix: string, names: string) => names.split(' ').map((name) => `${prefix}_${name}`)

/** What Kokoro speaks, by the first letter of its voices. */
const kokoroAccents: readonly KokoroAccent[] = [
  {
    language: 'en',
    accent: 'en-us',
    voices: [
      ...named('af', 'heart bella nicole aoede kore sarah alloy nova sky jessica river'),
      ...named('am', 'fenrir michael puck echo eric liam onyx santa adam'),
    ],
  },
  {
    language: 'en',
    accent: 'en-gb',
    voices: [...named('bf', 'emma isabella alice lily'), ...named('bm', 'fable george lewis daniel')],
  },
  { language: 'es', accent: 'es', voices: [...named('ef', 'dora'), ...named('em', 'alex santa')] },
  { language: 'fr', accent: 'fr-fr', voices: named('ff', 'siwis') },
  { language: 'hi', accent: 'hi', voices: [...named('hf', 'alpha beta'), ...named('hm', 'omega psi')] },
  { language: 'it', accent: 'it', voices: [...named('if', 'sara'), ...named('im', 'nicola')] },
  { language: 'pt', accent: 'pt-br', voices: [...named('pf', 'dora'), ...named('pm', 'alex santa')] },
]

/** The languages that Kokoro speaks. */
export const kokoroLanguages: readonly string[] = [...new Set(kokoroAccents.map(({ language }) => language))]

/** Returns the voices that Kokoro has for a language. */
export function kokoroVoices(language: string): readonly string[] {
  return kokoroAccents.flatMap((one) => (one.language === language ? one.voices : []))
}

/** Returns the accent in which a voice of Kokoro speaks, as espeak-ng calls it. */
export function accentOfKokoro(voice: string): string | undefined {
  return kokoroAccents.find(({ voices }) => voices.includes(voice))?.accent
}

/** Returns the voice of Kokoro of that name, or the best one of that accent; undefined where it has none in the language. */
export function kokoroVoice(name: string | undefined, language: string): string | undefined {
  const known = kokoroVoices(language)
  if (name === undefined) return known[0]
  if (known.includes(name)) return name
  const accent = name.toLowerCase()
  return kokoroAccents.find((one) => one.language === language && [one.accent, one.language].includes(accent))
    ?.voices[0]
}

/** Returns whether a name is an accent that a model speaks, such as `en-gb`. */
export function isAccent(name: string, synthesizer: string, language: string): boolean {
  if (synthesizer === 'kokoro') return kokoroVoice(name, language) !== undefined
  return synthesizer === 'piper' && name === piperVoice.accent
}

/** The voice of Piper that can be installed, and its accent. */
export const piperVoice = { name: 'joe', language: 'en', accent: 'en-us' } as const
