import type { CueRules } from '../cues.ts'
import { amazon } from './amazon.ts'
import { bbc } from './bbc.ts'
import { netflix, netflixChildren, netflixSdh } from './netflix.ts'
import { plain } from './plain.ts'
import type { ByLanguage, HouseProfile } from './profile.ts'
import { vertical } from './vertical.ts'

/** The house profiles by name. */
export const profiles = {
  plain,
  netflix,
  sdh: netflixSdh,
  children: netflixChildren,
  amazon,
  bbc,
  vertical,
} as const satisfies Record<string, HouseProfile>

export type ProfileName = keyof typeof profiles

export const profileNames = ['plain', 'netflix', 'sdh', 'children', 'amazon', 'bbc', 'vertical'] as const satisfies [
  ProfileName,
  ...ProfileName[],
]

/** Limits that are set one by one, instead of those of the profile. */
export type OwnLimits = { readonly [Limit in keyof CueRules]?: CueRules[Limit] | undefined }

/** Returns the rules of a profile for a language (ISO 639), with one's own limits instead where they are set. */
export function rulesFor(name: ProfileName, language: string, own: OwnLimits): CueRules {
  const profile = profiles[name]
  const of = (numbers: ByLanguage) =>
    (Object.hasOwn(numbers, language) ? numbers[language] : undefined) ?? numbers.other
  const minCueS = own.minCueS ?? of(profile.minCueS)
  return {
    maxLineChars: own.maxLineChars ?? of(profile.maxLineChars),
    maxLines: own.maxLines ?? profile.maxLines,
    charsPerSecond: own.charsPerSecond ?? of(profile.charsPerSecond),
    minCueS,
    maxCueS: own.maxCueS ?? Math.max(minCueS, profile.maxCueS),
    cueGapS: own.cueGapS ?? profile.cueGapS,
    closeGapS: profile.closeGapS,
  }
}
