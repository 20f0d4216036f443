import type { ToolHost } from '../../tools/ffmpeg.ts'
import { modelArgs, modelPlace, modelTool } from '../../tools/model-tool.ts'
import type { WavSamples } from '../wav.ts'
import { frameSamples, type Span } from './speech-presence.ts'
import { whisperScript } from './whisper-script.ts'

/** Returns the language that Whisper hears in each of some stretches, as it names them. */
export async function heardLanguages(
  host: ToolHost,
  model: string,
  { path, dataAt }: WavSamples,
  spans: readonly Span[],
): Promise<readonly string[]> {
  if (spans.length === 0) return []
  const windows = spans.map(({ from, to }) => ({ from: from * frameSamples, to: to * frameSamples }))
  const languages: string[] = []
  const onStdoutLine = (line: string) => {
    const printed: unknown = JSON.parse(line)
    if (typeof printed !== 'object' || printed === null || !('language' in printed)) return
    languages.push(String(printed.language))
    host.progress(languages.length / spans.length)
  }
  const question = { path, dataAt, findLanguage: true, threads: 1, windows }
  const place = modelPlace(model)
  await host.ask(modelTool('whisper', place), modelArgs(whisperScript, place), question, { onStdoutLine })
  return languages
}
