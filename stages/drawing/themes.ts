/** The colours of a film. All are `#rrggbb`. */
export interface Theme {
  /** From the top left to the bottom right corner. */
  readonly background: readonly [string, string]
  readonly text: string
  readonly muted: string
  readonly accent: string
  /** Behind code and tables. */
  readonly card: string
  readonly cardText: string
  readonly code: Readonly<Record<CodeColor, string>>
}

export type CodeColor = 'keyword' | 'string' | 'number' | 'comment' | 'title' | 'attribute'

const darkCode = {
  keyword: '#c4a7ff',
  string: '#a5e3a0',
  number: '#ffb98a',
  comment: '#8b93a7',
  title: '#8ec5ff',
  attribute: '#f2d48a',
} as const

const lightCode = {
  keyword: '#7c3aed',
  string: '#15803d',
  number: '#b45309',
  comment: '#6b7280',
  title: '#1d4ed8',
  attribute: '#a16207',
} as const

/** The colour presets. Text has a contrast of at least 7 to 1, and muted text of 4.5 to 1 (WCAG 2, 1.4.6 and 1.4.3). */
export const themes = {
  midnight: {
    background: ['#0f172a', '#1e1b4b'],
    text: '#f8fafc',
    muted: '#a5b4cf',
    accent: '#818cf8',
    card: '#0b1020',
    cardText: '#e2e8f0',
    code: darkCode,
  },
  paper: {
    background: ['#fdfcf9', '#f1ede4'],
    text: '#1c1917',
    muted: '#57534e',
    accent: '#c2410c',
    card: '#ffffff',
    cardText: '#292524',
    code: lightCode,
  },
  ocean: {
    background: ['#042f3f', '#0b4a5c'],
    text: '#f0fdff',
    muted: '#a8d5df',
    accent: '#2dd4bf',
    card: '#03222e',
    cardText: '#e0f7fa',
    code: darkCode,
  },
  forest: {
    background: ['#0d2818', '#16402a'],
    text: '#f3fbf4',
    muted: '#b2d3ba',
    accent: '#86d957',
    card: '#081b10',
    cardText: '#e6f4e8',
    code: darkCode,
  },
  sunset: {
    background: ['#3b0d2c', '#5c1a2b'],
    text: '#fff7ed',
    muted: '#f0c3b2',
    accent: '#fb923c',
    card: '#260719',
    cardText: '#ffedd5',
    code: darkCode,
  },
  snow: {
    background: ['#ffffff', '#eef2f9'],
    text: '#0f172a',
    muted: '#475569',
    accent: '#2563eb',
    card: '#f8fafc',
    cardText: '#1e293b',
    code: lightCode,
  },
} as const satisfies Readonly<Record<string, Theme>>

export type ThemeName = keyof typeof themes

export const themeNames = [
  'midnight',
  'paper',
  'ocean',
  'forest',
  'sunset',
  'snow',
] as const satisfies readonly ThemeName[]
