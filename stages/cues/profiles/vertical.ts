import type { HouseProfile } from './profile.ts'

export const vertical: HouseProfile = {
  title: 'Vertical video',
  source: 'the profile for TikTok of Subtitle Edit: 24 characters, 25 characters a second, 0.7 to 5 seconds',
  maxLineChars: { other: 24 },
  maxLines: 2,
  charsPerSecond: { other: 25 },
  minCueS: { other: 0.7 },
  maxCueS: 5,
  cueGapS: 2 / 24,
  speakers: '- ',
  snapsToShots: false,
  closeGapS: 0.5,
}
