import type { HouseProfile } from './profile.ts'

/** What reads well everywhere, and no house asks for. */
export const plain: HouseProfile = {
  title: 'Plain',
  source: 'two lines of 42 characters at 17 characters a second, as most houses have them for most languages',
  maxLineChars: { other: 42 },
  maxLines: 2,
  charsPerSecond: { other: 17 },
  minCueS: { other: 1 },
  maxCueS: 7,
  cueGapS: 0.08,
  speakers: '- ',
  snapsToShots: false,
  closeGapS: 0,
}
