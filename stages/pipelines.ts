import type { AnyPipeline, Provision } from 'reprise'

/** The pipelines that ship, by name. Each is loaded when it is asked for: what a stage imports is large. */
export const shippedPipelines: ReadonlyMap<string, () => Promise<AnyPipeline>> = new Map<
  string,
  () => Promise<AnyPipeline>
>([
  ['show', async () => (await import('./show/pipeline.ts')).show],
  ['subtitles', async () => (await import('./subtitles/pipeline.ts')).subtitles],
  ['video', async () => (await import('./video/pipeline.ts')).video],
  ['retime', async () => (await import('./retime/pipeline.ts')).retiming],
  ['convert', async () => (await import('./convert/pipeline.ts')).converting],
  ['calls', async () => (await import('./calls/pipeline.ts')).calls],
])

/** Returns the services of the pipelines that ship, as the environment names them. Offline, none of them asks anybody. */
export async function shippedServices(
  env: Readonly<Record<string, string | undefined>>,
  options: { readonly offline: boolean },
): Promise<readonly Provision[]> {
  const { provideLanguageModel } = await import('./language-model/provide-model.ts')
  const { provideSpeechServer } = await import('./speech/voices/provide-speech.ts')
  return [...provideLanguageModel(env, options), ...provideSpeechServer(env, options)]
}
