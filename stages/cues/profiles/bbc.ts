import type { HouseProfile } from './profile.ts'

/** 180 words a minute, of five letters and a space. */
const charsPerSecond = (180 / 60) * 6

export const bbc: HouseProfile = {
  title: 'BBC, broadcast',
  source:
    'BBC Subtitle Guidelines, sections 3 to 5: 37 characters, 160 to 180 words a minute, a gap of a second or none',
  maxLineChars: { other: 37 },
  maxLines: 2,
  charsPerSecond: { other: charsPerSecond },
  // At least 0.3 s a word; the shortest that is read at all.
  minCueS: { other: 0.9 },
  maxCueS: 7,
  cueGapS: 0,
  speakers: '- ',
  snapsToShots: false,
  closeGapS: 1,
}
