/** What a tone tells a caller. */
export const toneKinds = ['dial', 'ring', 'busy', 'congestion', 'sit', 'fax'] as const
export type ToneKind = (typeof toneKinds)[number]

/** A tone of a telephone network. */
export interface CallTone {
  readonly kind: ToneKind
  readonly country: string
  /** The frequencies that sound together, in Hz; those of a modulated tone with its side bands. */
  readonly hz: readonly number[]
  /** How long it sounds and is silent, in seconds, over and over; empty for a tone that goes on. */
  readonly cadence: readonly number[]
}

type Row = readonly [dial: string, ring: string, busy: string, congestion: string]

/**
 * The tones of countries by their codes (ISO 3166), as national administrations report them to the ITU: ITU-T E.180
 * Supplement 2 (various tones used in national networks), and ETSI TR 101 041-2 for Europe. Frequencies in Hz, then seconds of
 * sound and silence. `itu` is what E.180 itself recommends.
 */
const rows: Readonly<Record<string, Row>> = {
  itu: ['425', '425 1/4', '425 0.5/0.5', '425 0.25/0.25'],
  at: ['420', '420 1/5', '420 0.4/0.4', '420 0.2/0.2'],
  au: ['413+438', '413+438 0.4/0.2/0.4/2', '425 0.375/0.375', '425 0.375/0.375'],
  be: ['425', '425 1/3', '425 0.5/0.5', '425 0.167/0.167'],
  br: ['425', '425 1/4', '425 0.25/0.25', '425 0.25/0.25/0.75/0.25'],
  ca: ['350+440', '440+480 2/4', '480+620 0.5/0.5', '480+620 0.25/0.25'],
  ch: ['425', '425 1/4', '425 0.5/0.5', '425 0.2/0.2'],
  cl: ['400', '400 1/3', '400 0.5/0.5', '400 0.2/0.2'],
  cn: ['450', '450 1/4', '450 0.35/0.35', '450 0.7/0.7'],
  de: ['425', '425 1/4', '425 0.48/0.48', '425 0.24/0.24'],
  dk: ['425', '425 1/4', '425 0.5/0.5', '425 0.25/0.25'],
  es: ['425', '425 1.5/3', '425 0.2/0.2', '425 0.2/0.2/0.2/0.2/0.2/0.6'],
  fi: ['425', '425 1/4', '425 0.3/0.3', '425 0.2/0.2'],
  fr: ['440', '440 1.5/3.5', '440 0.5/0.5', '440 0.25/0.25'],
  gb: ['350+440', '400+450 0.4/0.2/0.4/2', '400 0.375/0.375', '400 0.4/0.35/0.225/0.525'],
  il: ['414', '414 1/3', '414 0.5/0.5', '414 0.25/0.25'],
  in: ['375+400+425', '375+400+425 0.4/0.2/0.4/2', '400 0.75/0.75', '400 0.25/0.25'],
  it: ['425 0.2/0.2/0.6/1', '425 1/4', '425 0.5/0.5', '425 0.2/0.2'],
  jp: ['400', '384+400+416 1/2', '400 0.5/0.5', '400 0.5/0.5'],
  mx: ['425', '425 1/4', '425 0.25/0.25', '425 0.25/0.25'],
  nl: ['425', '425 1/4', '425 0.5/0.5', '425 0.25/0.25'],
  no: ['425', '425 1/4', '425 0.5/0.5', '425 0.2/0.2'],
  nz: ['400', '400+450 0.4/0.2/0.4/2', '400 0.5/0.5', '400 0.25/0.25'],
  pl: ['425', '425 1/4', '425 0.5/0.5', '425 0.5/0.5'],
  pt: ['425', '425 1/5', '425 0.5/0.5', '425 0.2/0.2'],
  ru: ['425', '425 1/4', '425 0.35/0.35', '425 0.175/0.175'],
  se: ['425', '425 1/5', '425 0.25/0.25', '425 0.25/0.75'],
  us: ['350+440', '440+480 2/4', '480+620 0.5/0.5', '480+620 0.25/0.25'],
}

/** The countries whose tones are known; `itu` for none. */
export const countries = Object.keys(rows)

/** All tones that are known, by country. */
export const callTones: readonly CallTone[] = Object.entries(rows).flatMap(([country, row]) =>
  (['dial', 'ring', 'busy', 'congestion'] as const).map((kind, index) => {
    const [hz = '', cadence = ''] = (row[index] ?? '').split(' ')
    const numbers = (text: string, by: string) => (text === '' ? [] : text.split(by).map(Number))
    return { kind, country, hz: numbers(hz, '+'), cadence: numbers(cadence, '/') }
  }),
)

/** Returns a country's tone; that of the ITU where the country is not known. */
export function toneOf(country: string, kind: ToneKind): CallTone | undefined {
  const of = (code: string) => callTones.find((tone) => tone.country === code && tone.kind === kind)
  return of(country) ?? of('itu')
}
