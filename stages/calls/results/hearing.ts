import * as z from 'zod/mini'
import { schema, type ValueOf } from '../../schema/schema.ts'

export const soundKinds = ['speech', 'music', 'noise', 'tone'] as const
export type SoundKind = (typeof soundKinds)[number]

const segment = () => z.object({ kind: z.enum(soundKinds), fromS: z.number(), toS: z.number() })

/** What is heard in a recording, in seconds of its own. Between segments is silence. */
export const Hearing = schema(() =>
  z.object({
    channels: z.array(
      z.object({
        segments: z.array(segment()),
        /** Null for silence. */
        integratedLufs: z.nullable(z.number()),
        /** The level of what is heard while nothing is said, in dB of full scale. */
        floorDb: z.number(),
        /** The highest sample of each stretch, as hexadecimal digits of two places: 00 for silence, ff for full scale. */
        waveform: z.string(),
        /** The same of each tenth of a second, however long the recording is. */
        levels: z.string(),
        /** Stretches of one to three frequencies and little else, as tones of the network are made of. */
        bursts: z.array(z.object({ fromS: z.number(), toS: z.number(), hz: z.array(z.number()), snrDb: z.number() })),
        /** The keys of a telephone that were pressed. */
        digits: z.array(z.object({ fromS: z.number(), toS: z.number(), key: z.string(), snrDb: z.number() })),
      }),
    ),
    /** How long a stretch of the waveform is, in seconds. */
    stretchS: z.number(),
    /** Whether both channels have the same sound: a call of one side, however it was stored. */
    isDouble: z.boolean(),
  }),
)
/** How long a stretch of `levels` is, in seconds. */
export const levelS = 0.1

export type Hearing = ValueOf<typeof Hearing>
export type Segment = Hearing['channels'][number]['segments'][number]
