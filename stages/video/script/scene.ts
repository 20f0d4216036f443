import type { StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod/mini'
import { pictureShape } from '../../drawing/picture.ts'
import { schema } from '../../schema/schema.ts'

const speech = () =>
  z.object({
    voice: z.optional(z.string()),
    /** What is spoken in one breath: a sentence, or a clause of a long one. */
    pieces: z.array(z.object({ text: z.string(), caption: z.string(), pauseS: z.number() })),
    /** Silence after the last piece, in seconds. */
    tailS: z.number(),
    /** How long the scene lasts at least, in seconds. */
    leastS: z.number(),
  })

const scene = () =>
  z.object({
    picture: pictureShape(),
    theme: z.optional(z.string()),
    speech: speech(),
    /** For each element of the picture, the index of the piece with which it comes in. */
    cues: z.array(z.int()),
    /** The names of the files that its picture shows. */
    pictures: z.array(z.string()),
  })

/** What is spoken in a scene. */
export const Speech = schema(speech)
export type Speech = StandardSchemaV1.InferOutput<typeof Speech>

/** A scene: what is shown, what is spoken, and what of both belongs together. */
export const Scene = schema(scene)
export type Scene = StandardSchemaV1.InferOutput<typeof Scene>

/** The scenes of a film, each with the name of its steps: it is not in the scene, whose key it would change. */
export const NamedScenes = schema(() =>
  z.array(
    z.object({
      name: z.string(),
      scene: scene(),
      /** The files of its voice, where that is one of the user's own: the net and its config. */
      voice: z.array(z.string()),
    }),
  ),
)
export type NamedScenes = StandardSchemaV1.InferOutput<typeof NamedScenes>

/** A script: its scenes, and the line of the document from which each one comes, where that is known. */
export const Script = schema(() =>
  z.object({
    title: z.optional(z.string()),
    scenes: z.array(scene()),
    places: z.array(z.nullable(z.int())),
    /** What the document calls who speaks. */
    roles: z.optional(z.array(z.string())),
    /** The pictures of the document that are not shown, and why. */
    left: z.array(z.object({ path: z.string(), why: z.string(), line: z.nullable(z.int()) })),
  }),
)
export type Script = StandardSchemaV1.InferOutput<typeof Script>

/** When each piece of a scene's speech sounds, in seconds from the scene's start. */
export const SceneTiming = schema(() =>
  z.object({
    durationS: z.number(),
    /** `text` is what captions show. */
    pieces: z.array(z.object({ text: z.string(), startS: z.number(), endS: z.number() })),
  }),
)
export type SceneTiming = StandardSchemaV1.InferOutput<typeof SceneTiming>
