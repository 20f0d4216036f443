import type { AnyPipeline, Offers } from '../index.ts'

/** What `reprise.config.ts` exports as its default. */
export interface Config extends Offers {
  /** Pipelines of the user's own, beside those that ship. */
  readonly pipelines: readonly AnyPipeline[]
}

/** Defines a config; it only gives the object its type. */
export function defineConfig(config: Config): Config {
  return config
}
