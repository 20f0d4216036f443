import type { HouseProfile } from './profile.ts'

export const amazon: HouseProfile = {
  title: 'Amazon Prime Video',
  source: 'Prime Video timed text style guide, as the profile of Subtitle Edit has it',
  maxLineChars: { other: 42 },
  maxLines: 2,
  charsPerSecond: { other: 17 },
  minCueS: { other: 1 },
  maxCueS: 7,
  cueGapS: 2 / 24,
  speakers: '-',
  snapsToShots: true,
  closeGapS: 0,
}
