import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod/mini'
import { schema } from '../../schema/schema.ts'
import { roles } from './layout.ts'

export const moods = ['calm', 'warm', 'dark', 'bright', 'driving'] as const
export const themes = ['rest', 'flow', 'build', 'groove', 'peak'] as const

/** What a song is like, as a whole. */
export const Profile = schema(() =>
  z.object({
    mood: z.enum(moods),
    pace: z.enum(['none', 'slow', 'medium', 'fast']),
    /** The mean energy, and how far apart loud and quiet parts are: from 0 to 1. */
    energy: z.number(),
    dynamics: z.number(),
    /** What of the onsets is high: from 0 (all bass) to 1 (all cymbals). */
    brightness: z.number(),
  }),
)
export type Profile = StandardSchemaV1.InferOutput<typeof Profile>

const palette = () => z.object({ name: z.string(), colors: z.array(z.string()) })

/** The arc of a show: what each section looks like. */
export const Macro = schema(() =>
  z.object({
    mood: z.enum(moods),
    palettes: z.array(palette()),
    sections: z.array(
      z.object({
        startS: z.number(),
        endS: z.number(),
        label: z.string(),
        occurrence: z.int(),
        theme: z.enum(themes),
        /** Which of the palettes. */
        palette: z.int(),
        /** From 0 to 1. */
        intensity: z.number(),
        /** Against the section before. */
        change: z.enum(['start', 'lift', 'fall', 'same']),
        isSung: z.boolean(),
      }),
    ),
  }),
)
export type Macro = StandardSchemaV1.InferOutput<typeof Macro>
export type MacroSection = Macro['sections'][number]

const context = () => z.object({ name: z.string(), role: z.enum(roles), models: z.array(z.string()) })

/** A part of the display, which gets a plan of its own. */
export const Context = schema(context)
export type Context = StandardSchemaV1.InferOutput<typeof Context>
export const Contexts = schema(() => z.array(context()))

/** What a plan of a part takes of a song. */
export const Rhythm = schema(() =>
  z.object({
    durationS: z.number(),
    bars: z.array(z.number()),
    beats: z.array(z.number()),
    impacts: z.array(z.number()),
    gaps: z.array(z.object({ startS: z.number(), endS: z.number() })),
  }),
)
export type Rhythm = StandardSchemaV1.InferOutput<typeof Rhythm>

const groupPlan = () =>
  z.object({
    group: z.string(),
    role: z.enum(roles),
    models: z.array(z.string()),
    /** One after the other, without gaps, from the start of the song to its end. */
    effects: z.array(
      z.object({
        startMs: z.int(),
        endMs: z.int(),
        /** As xLights names it. */
        effect: z.string(),
        palette: z.int(),
        /** Percent. */
        brightness: z.int(),
        fadeInS: z.number(),
        fadeOutS: z.number(),
        /** Why it is there. */
        reason: z.string(),
      }),
    ),
  })

/** What a part of the display does. */
export const GroupPlan = schema(groupPlan)
export type GroupPlan = StandardSchemaV1.InferOutput<typeof GroupPlan>
export type PlannedEffect = GroupPlan['effects'][number]

/** A light show: what each part of the display does, in milliseconds on the grid of frames. */
export const ShowPlan = schema(() =>
  z.object({
    title: z.string(),
    artist: z.string(),
    durationMs: z.int(),
    frameMs: z.int(),
    palettes: z.array(palette()),
    groups: z.array(groupPlan()),
    /** What of the layout looks wrong. */
    warnings: z.array(z.string()),
  }),
)
export type ShowPlan = StandardSchemaV1.InferOutput<typeof ShowPlan>
