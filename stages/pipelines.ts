import type { AnyPipeline } from 'reprise'

/** The pipelines that ship, by name. Each is loaded when it is asked for: what a stage imports is large. */
export const shippedPipelines: ReadonlyMap<string, () => Promise<AnyPipeline>> = new Map<
  string,
  () => Promise<AnyPipeline>
>([
  ['show', async () => (await import('./show/pipeline.ts')).show],
  ['subtitles', async () => (await import('./subtitles/pipeline.ts')).subtitles],
  ['video', async () => (await import('./video/pipeline.ts')).video],
  ['retime', async () => (await import('./retime/pipeline.ts')).retiming],
  ['calls', async () => (await import('./calls/pipeline.ts')).calls],
])
