import * as z from 'zod/mini'
import { schema, type ValueOf } from '../../schema/schema.ts'
import { toneKinds } from './table.ts'

/** A tone that is heard in a recording, and by what it is known. */
const foundTone = () =>
  z.object({
    kind: z.enum([...toneKinds, 'dtmf']),
    /** The keys that were pressed, of `dtmf`. */
    keys: z.optional(z.string()),
    /** The countries that have it; none for those that are the same everywhere. */
    countries: z.array(z.string()),
    /** What the same sound is in other countries, such as `busy es`. */
    otherwise: z.array(z.string()),
    channel: z.int(),
    /** From its first sound to its last, in seconds of the recording. */
    fromS: z.number(),
    toS: z.number(),
    /** The frequencies that were measured. */
    hz: z.array(z.number()),
    /** How long it sounds and is silent, in seconds, as measured; empty for one that goes on. */
    cadence: z.array(z.number()),
    /** How often it sounds. */
    bursts: z.int(),
    /** How far it is above what else is heard meanwhile, in dB. */
    snrDb: z.number(),
  })

export const FoundTones = schema(() => z.array(foundTone()))
export type FoundTones = ValueOf<typeof FoundTones>
export type FoundTone = FoundTones[number]
