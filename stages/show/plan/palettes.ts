/** Colours that belong together, as `#rrggbb`; the first is the brightest. */
export interface Palette {
  readonly name: string
  readonly colors: readonly string[]
}

/** Palettes of a show, by its name: for the quietest sections first, for the loudest last. */
export const paletteSets = {
  candle: [
    { name: 'ember', colors: ['#ffb347', '#c1440e', '#5c1a00'] },
    { name: 'candle', colors: ['#ffe0a3', '#ff9f1c', '#b34700'] },
    { name: 'gold', colors: ['#fff1c1', '#ffd60a', '#ff8800'] },
    { name: 'fire', colors: ['#ffffff', '#ffbe0b', '#fb2c0a'] },
  ],
  winter: [
    { name: 'night', colors: ['#5e7ce2', '#1f3b8f', '#0b1b4d'] },
    { name: 'ice', colors: ['#cdeffd', '#5ab8e8', '#1d5fa8'] },
    { name: 'frost', colors: ['#ffffff', '#9be7ff', '#3a86ff'] },
    { name: 'aurora', colors: ['#ffffff', '#39f3bb', '#7b5cff'] },
  ],
  christmas: [
    { name: 'fir', colors: ['#6ee787', '#157f3b', '#06401c'] },
    { name: 'holly', colors: ['#ffffff', '#1fa347', '#c1121f'] },
    { name: 'ribbon', colors: ['#ffe5e5', '#ff2d3d', '#0f9d3f'] },
    { name: 'star', colors: ['#ffffff', '#ffd60a', '#ff1e2d'] },
  ],
  neon: [
    { name: 'dusk', colors: ['#b388ff', '#5b2a9d', '#1e0b3d'] },
    { name: 'violet', colors: ['#e0b3ff', '#a100ff', '#2d00f7'] },
    { name: 'cyber', colors: ['#ffffff', '#00f5d4', '#f015d8'] },
    { name: 'laser', colors: ['#ffffff', '#f9f000', '#ff0a8a'] },
  ],
  garden: [
    { name: 'moss', colors: ['#b8d8a8', '#4f8a4b', '#1e3d24'] },
    { name: 'meadow', colors: ['#f1ffd6', '#8bd450', '#2f9e63'] },
    { name: 'bloom', colors: ['#ffe3f1', '#ff85b3', '#a3d65c'] },
    { name: 'summer', colors: ['#ffffff', '#ffe14d', '#ff5fa2'] },
  ],
} as const satisfies Readonly<Record<string, readonly Palette[]>>

export type PaletteSet = keyof typeof paletteSets
export const paletteSetNames = [
  'candle',
  'winter',
  'christmas',
  'neon',
  'garden',
] as const satisfies readonly PaletteSet[]
