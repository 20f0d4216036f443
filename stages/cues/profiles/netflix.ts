import type { HouseProfile } from './profile.ts'

const twoFramesS = 2 / 24

export const netflix: HouseProfile = {
  title: 'Netflix, adults',
  source:
    'Netflix Timed Text Style Guide: General Requirements, Subtitle Timing Guidelines, and the guides of the languages',
  maxLineChars: { other: 42, ko: 16, zh: 16, ja: 13, th: 35 },
  maxLines: 2,
  charsPerSecond: { other: 17, en: 20, ar: 20, hi: 22, ko: 12, zh: 9, ja: 4 },
  minCueS: { other: 5 / 6, ja: 0.5 },
  maxCueS: 7,
  // Two frames, whatever the frame rate: at the slowest, 24 frames a second, they take the longest.
  cueGapS: twoFramesS,
  snapsToShots: true,
  closeGapS: 0.5,
  // A hyphen without a space.
  speakers: '-',
}

/** For the deaf and hard of hearing: as it was said, so more to read. */
export const netflixSdh: HouseProfile = {
  ...netflix,
  title: 'Netflix, deaf and hard of hearing',
  speakers: 'label',
  charsPerSecond: { other: 20, ar: 23, hi: 25, ko: 14, zh: 11, ja: 7 },
}

export const netflixChildren: HouseProfile = {
  ...netflix,
  title: 'Netflix, children',
  charsPerSecond: { other: 13, en: 17, ar: 17, hi: 18, ko: 9, zh: 7, ja: 4 },
}
