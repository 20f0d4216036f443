import type { AnyPipeline } from './pipeline.ts'
import type { Provision } from './service.ts'

/** What a run provides for its steps. */
export interface Offers {
  /** The author's own pools, by name and number of slots. */
  readonly pools?: Readonly<Record<string, number>>
  readonly services?: readonly Provision[]
}

/** What `reprise.config.ts` exports as its default. */
export interface Config extends Offers {
  /** Pipelines of the user's own, beside those that ship. */
  readonly pipelines: readonly AnyPipeline[]
}

/** Defines a config; it only gives the object its type. */
export function defineConfig(config: Config): Config {
  return config
}
