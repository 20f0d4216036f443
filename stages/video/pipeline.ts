import { definePipeline, file, files, optional, pick, present, select, tree } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import { chooseVoice, describeVoice, voiceProblem } from '../speech/voices/choose-voice.ts'
import { voiceChoiceParams } from '../speech/voices/voices.ts'
import { layMusic, musicParams } from './music.ts'
import { narrate, narrateByOwnVoice, narrateByServer } from './narrate.ts'
import { output } from './output.ts'
import { render, renderParams } from './render.ts'
import { reportFilm } from './report.ts'
import { adapt, documentParams } from './script/adapt.ts'
import { picturePaths, preparePictures } from './script/pictures.ts'
import { script } from './script/script.ts'
import { strictParam, validateScript } from './script/validate.ts'
import { composeDocument, sectionsToWrite, writerParams, writeSection } from './script/write-by-model.ts'
import { encodeSound, soundParams } from './sound.ts'

const params = schema(() =>
  z
    .object({
      ...documentParams(),
      ...writerParams(),
      ...voiceChoiceParams(),
      ...renderParams(),
      ...soundParams(),
      ...musicParams(),
      strict: strictParam(),
    })
    .check(
      z.superRefine((wish, context) => {
        const message = voiceProblem(wish)
        if (message !== undefined) context.addIssue({ code: 'custom', path: ['voice'], message })
      }),
    ),
)

/** Document to narrated video: what it says is spoken and shown, scene by scene. */
export const video = definePipeline({
  name: 'video',
  description: 'Makes a narrated video of a document: Markdown, a script in YAML, text, subtitles or DOCX',
  inputs: {
    document: 'file',
    pictures: optional(tree()),
    lexicon: optional(file()),
    music: optional(file()),
    voices: optional(tree()),
    fonts: optional(tree()),
  },
  params,
  build({ step, each, inputs, params }) {
    const { format, language, speed, writer, temperature } = params
    const { synthesizer, voice } = chooseVoice(params)
    const knowsIpa = synthesizer === 'kokoro' || synthesizer === 'piper'
    const { roles } = params
    const { size, theme, fps, quality, encodeThreads, loudnessLufs, truePeakDb, strict } = params
    const { document: read } = step(adapt, { document: inputs.document }, { params: { format } })
    const byModel = () => {
      const { written } = each(select(read, sectionsToWrite), (section) =>
        step(writeSection, { section }, { params: { language, temperature } }),
      )
      return step(composeDocument, { document: read, written }).document
    }
    const document = writer === 'llm' ? byModel() : read
    const { folder, pictures } = step(preparePictures, {
      paths: select(read, picturePaths),
      folder: inputs.pictures,
    })
    const ready = each(files(folder), ({ file }) => ({ picture: file }))
    const { script: written } = step(
      script,
      { document, pictures, lexicon: inputs.lexicon },
      { params: { language, ...(knowsIpa ? { knowsIpa } : {}), ...(roles === undefined ? {} : { roles }) } },
    )
    const { scenes, report: validation } = step(
      validateScript,
      { script: written, voices: inputs.voices, fonts: inputs.fonts },
      {
        params: {
          size,
          theme,
          strict,
          language,
          synthesizer,
          ...(synthesizer === 'own' ? { voice: params.voice } : {}),
          // The others' voices are looked up when the params are read.
          ...(synthesizer === 'espeak-ng' && voice !== undefined ? { voice } : {}),
        },
      },
    )
    const own = each(files(inputs.voices, '**/*.onnx*'), ({ file }) => ({ file }))
    const made = each(scenes, (item) => {
      const scene = select(item, ({ scene }) => scene)
      const speech = select(item, ({ scene }) => scene.speech)
      const spoken = { language, speed, ...(voice === undefined ? {} : { voice }) }
      const speakBy = () => {
        if (synthesizer === 'api') return step(narrateByServer, { speech }, { params: spoken })
        if (synthesizer !== 'own') return step(narrate, { speech }, { params: { language, synthesizer, voice, speed } })
        const files = pick(
          own.file,
          select(item, ({ voice }) => voice),
        )
        return step(narrateByOwnVoice, { speech, voice: files }, { params: { speed } })
      }
      const { audio, timing } = speakBy()
      const { film, still, small } = step(
        render,
        {
          scene,
          timing,
          pictures: pick(
            ready.picture,
            select(item, ({ scene }) => scene.pictures),
          ),
          fonts: inputs.fonts,
        },
        { params: { size, theme, fps, quality, encodeThreads } },
      )
      return { audio, timing, film, still, small }
    })
    const { musicLevel, musicRise } = params
    const laid = step(
      layMusic,
      { speech: made.audio, timings: made.timing, music: inputs.music },
      { params: { fps, musicLevel, musicRise }, when: present(inputs.music) },
    )
    const sound = step(
      encodeSound,
      { speech: made.audio, timings: made.timing, mixed: laid.mixed },
      { params: { fps, loudnessLufs, truePeakDb } },
    )
    const vertical = size === 'vertical'
    const {
      mp4,
      captions,
      chapters,
      thumbnail,
      timing,
      report: measures,
    } = step(
      output,
      {
        script: written,
        films: made.film,
        stills: made.still,
        timings: made.timing,
        track: sound.track,
        sound: sound.measures,
        music: laid.measures,
      },
      { params: { language, fps, vertical, loudnessLufs, truePeakDb } },
    )
    const said = describeVoice({ synthesizer, ...(voice === undefined ? {} : { voice }) }, language)
    const { report } = step(
      reportFilm,
      { script: written, timing, measures, sound: sound.measures, validation, stills: made.small },
      { params: { voice: said } },
    )
    return { mp4, captions, chapters, thumbnail, timing, report, measures, validation }
  },
})
