import type { Pipeline } from 'reprise'

/** The pipelines that ship, by name. Each is loaded when it is asked for: what a stage imports is large. */
export const shippedPipelines: ReadonlyMap<string, () => Promise<Pipeline>> = new Map([
  ['subtitles', async () => (await import('./subtitles/pipeline.ts')).subtitles],
])
