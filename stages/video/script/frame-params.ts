import * as z from 'zod/mini'
import type { Frame } from '../../drawing/scene-layout.ts'
import { type Theme, type ThemeName, themeNames, themes } from '../../drawing/themes.ts'
import { described } from '../../schema/schema.ts'

const frames = {
  '1080p': { width: 1920, height: 1080 },
  '720p': { width: 1280, height: 720 },
  '2160p': { width: 3840, height: 2160 },
  vertical: { width: 1080, height: 1920 },
  square: { width: 1080, height: 1080 },
} as const satisfies Readonly<Record<string, Frame>>

export type FrameName = keyof typeof frames

/** Returns the size of a film in pixels. */
export function frameOf(name: FrameName): Frame {
  return frames[name]
}

/** Returns the params that decide how scenes look. */
export function frameParams() {
  return {
    size: described(
      z._default(z.enum(['1080p', '720p', '2160p', 'vertical', 'square']), '1080p'),
      'the size of the picture: 1080p, 720p and 2160p are 16:9, vertical is 1080x1920, square 1080x1080',
    ),
    theme: described(
      z._default(z.enum(['auto', ...themeNames]), 'auto'),
      'the colours; by default what the document asks for (theme: ocean), or midnight',
    ),
  }
}

/** Returns the theme that is asked for: by the param, or else by the document. Undefined for a name that is none. */
export function themeOf(asked: ThemeName | 'auto', ofDocument: string | undefined): Theme | undefined {
  if (asked !== 'auto') return themes[asked]
  if (ofDocument === undefined) return themes.midnight
  const name = themeNames.find((known) => known === ofDocument)
  return name === undefined ? undefined : themes[name]
}
