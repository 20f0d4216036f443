/** Stages, tools and contracts that ship, for pipelines of your own. `reprise list` shows the pipelines. */

/**
 * The stages and pipelines that ship, and the tools and contracts that they are made of.
 *
 * @module reprise/stages
 */

export { calls } from './calls/pipeline.ts'
export { cuesInOrder } from './contracts/cues-in-order.ts'
export { hasStreams, type StreamCounts } from './contracts/has-streams.ts'
export { isNotSilent } from './contracts/is-not-silent.ts'
export { type LastsAsLong, lastsAsLong } from './contracts/lasts-as-long.ts'
export { extract } from './convert/extract.ts'
export { converting } from './convert/pipeline.ts'
export {
  type Answer,
  type Asked,
  type LanguageModel,
  languageModel,
  type Message,
  type ModelFailure,
  type Question,
} from './language-model/language-model.ts'
export { provideLanguageModel } from './language-model/provide-model.ts'
export { shippedPipelines } from './pipelines.ts'
export { FitReport } from './retime/fit-report.ts'
export { retiming } from './retime/pipeline.ts'
export type { Schema, ValueOf } from './schema/schema.ts'
export { findBackground } from './separation/background.ts'
export { denoise } from './separation/denoise.ts'
export { heardSound } from './separation/heard.ts'
export { separate } from './separation/separate.ts'
export { findShots } from './shots/find-shots.ts'
export { show } from './show/pipeline.ts'
export { Macro, ShowPlan } from './show/plan/show-plan.ts'
export { Analysis } from './show/song/analysis.ts'
export { diarize } from './speakers/diarize.ts'
export {
  type ChosenRecognizer,
  chooseRecognizer,
  type FindModel,
  type RecognizerName,
  recognizerNames,
  type WhisperModel,
  whisperModels,
} from './speech/choose-recognizer.ts'
export { SpokenLanguage } from './speech/language/spoken-language.ts'
export type { RecognizeRequest, Recognizer, RecognizerSettings } from './speech/recognizer.ts'
export { AudioInfo, Transcript, Translation, type Utterance, type Word } from './speech/transcript.ts'
export type { TranslatedTexts, TranslateRequest, Translator } from './speech/translator.ts'
export { burnIn } from './subtitles/burn/burn.ts'
export { checkSubtitles, insistOnProfile } from './subtitles/check.ts'
export { demux } from './subtitles/demux.ts'
export { MuxReport, mux } from './subtitles/mux.ts'
export { subtitles } from './subtitles/pipeline.ts'
export { QualityReport, type TrackQuality } from './subtitles/quality-report.ts'
export { recognize } from './subtitles/recognize.ts'
export { findLanguage } from './subtitles/segments/find-language.ts'
export { segment } from './subtitles/segments/segment.ts'
export { stitch } from './subtitles/segments/stitch.ts'
export { writeSubtitles } from './subtitles/subtitles.ts'
export { type Track, TrackIndex } from './subtitles/tracks.ts'
export { translate } from './subtitles/translate/translate.ts'
export { apertium } from './tools/apertium.ts'
export { ffmpeg, type ToolHost } from './tools/ffmpeg.ts'
export { ffprobe } from './tools/ffprobe.ts'
export { type PercentSpan, percentOf, percentProgress } from './tools/percent.ts'
export { pocketsphinx } from './tools/pocketsphinx.ts'
export { video } from './video/pipeline.ts'
