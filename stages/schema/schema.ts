import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import * as z from 'zod/mini'
import en from 'zod/v4/locales/en.js'
import { lazily } from './lazily.ts'

/** A schema that tells its types, checks values, and describes what it takes as JSON Schema. */
export interface Schema<Input, Output> {
  readonly '~standard': StandardSchemaV1.Props<Input, Output> & StandardJSONSchemaV1.Props<Input, Output>
}

/** The type of the values that a schema lets pass. */
export type ValueOf<S extends StandardSchemaV1> = StandardSchemaV1.InferOutput<S>

/**
 * Returns a schema that is built on first use: loading the stages costs every run, also one with nothing
 * to do. For the same reason it is made of `zod/mini`, which takes a fraction of the time to load and to build.
 */
export function schema<S extends z.ZodMiniType>(build: () => S): Schema<z.input<S>, z.output<S>> {
  const built = lazily(() => {
    z.config(en())
    return build()
  })
  const jsonSchema = (io: 'input' | 'output') => (options: StandardJSONSchemaV1.Options) =>
    z.toJSONSchema(built(), { io, target: options.target })
  return {
    '~standard': {
      version: 1,
      vendor: 'zod',
      validate: (value) => built()['~standard'].validate(value),
      jsonSchema: { input: jsonSchema('input'), output: jsonSchema('output') },
    },
  }
}

/** Returns a schema with the words that `reprise list` shows for it. */
export function described<S extends z.ZodMiniType>(part: S, description: string): S {
  z.globalRegistry.add(part, { description })
  return part
}

/** Returns a value as a schema lets it pass; undefined where it does not. */
export function valueAs<S extends StandardSchemaV1>(of: S, value: unknown): ValueOf<S> | undefined {
  const checked = of['~standard'].validate(value)
  if (checked instanceof Promise || checked.issues !== undefined) return undefined
  return checked.value
}
