import { findInstalledModel, type ModelPlace } from 'reprise'
import * as z from 'zod/mini'
import { described } from '../schema/schema.ts'
import { demucs, demucsPython } from './demucs.ts'
import type { Separator } from './separator.ts'
import { signal, spleeter } from './spectral.ts'

/** Every separator, by the name that the param takes, the best first. */
export const separators = { demucs, spleeter, signal } as const satisfies Record<string, Separator>

const names = ['demucs', 'spleeter', 'signal'] as const
export type SeparatorName = (typeof names)[number]

/** What a user may ask for. */
export const separatorChoices = ['none', 'auto', ...names] as const

/** What is looked for to choose a separator. */
export interface Surroundings {
  readonly python: () => string | undefined
  readonly find: (name: string) => ModelPlace | undefined
}

/** Returns the separator that was asked for, or the best that is there; undefined for none. */
export function chooseSeparator(
  name: (typeof separatorChoices)[number],
  { python, find }: Surroundings = { python: demucsPython, find: findInstalledModel },
): SeparatorName | undefined {
  if (name === 'none') return undefined
  if (name !== 'auto') return name
  if (python() !== undefined) return 'demucs'
  const place = find('spleeter')
  return place?.isInstalled === true && place.runtime?.isForThisSystem === true ? 'spleeter' : 'signal'
}

/** Returns the params of a step that separates: with what exactly. */
export function separateParams() {
  return {
    separator: described(z._default(z.enum(names), 'signal'), 'the program that separates voices from the rest'),
    ...demucsParams(),
  }
}

function demucsParams() {
  return {
    demucsModel: described(
      z._default(z.string().check(z.regex(/^[A-Za-z0-9][\w./:-]{0,99}$/)), 'htdemucs'),
      'the model of demucs; REPRISE_DEMUCS_REPO names a folder of your own',
    ),
    demucsShifts: described(
      z._default(z.int().check(z.gte(0), z.lte(20)), 1),
      'how often demucs separates the sound, moved by chance each time: better, and takes as often as long',
    ),
    demucsSeed: described(z._default(z.int().check(z.gte(0), z.lte(2 ** 31)), 0), 'what chance begins with in demucs'),
    demucsSegmentS: described(
      z.optional(z.int().check(z.gte(1), z.lte(60))),
      'how much sound demucs hears at once, in seconds: less takes less memory; as the model says by default',
    ),
  }
}

/** Returns the params by which a user chooses whether and how voices are separated. */
export function separatorChoiceParams() {
  return {
    separator: described(
      z._default(z.enum(separatorChoices), 'none'),
      'separates voices from music and noise before they are recognized; auto: the best that is installed',
    ),
    ...demucsParams(),
  }
}
