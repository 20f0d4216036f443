import { definePipeline, files, optional, pick, select, tree } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import { voiceParams } from '../speech/voices.ts'
import { adapt, documentParams } from './adapt.ts'
import { narrate } from './narrate.ts'
import { output, outputParams } from './output.ts'
import { picturePaths, preparePictures } from './pictures.ts'
import { render, renderParams } from './render.ts'
import { script } from './script.ts'
import { strictParam, validateScript } from './validate.ts'

const params = schema(() =>
  z.object({ ...documentParams(), ...voiceParams(), ...renderParams(), ...outputParams(), strict: strictParam() }),
)

/** Document to narrated video: what it says is spoken and shown, scene by scene. */
export const video = definePipeline({
  name: 'video',
  description: 'Makes a narrated video of a document: Markdown, a script in YAML, text, subtitles or DOCX',
  inputs: { document: 'file', pictures: optional(tree()) },
  params,
  build({ step, each, inputs, params }) {
    const { format, language, synthesizer, voice, speed } = params
    const { size, theme, fps, quality, encodeThreads, loudnessLufs, truePeakDb, strict } = params
    const { document } = step(adapt, { document: inputs.document }, { params: { format } })
    const { folder, pictures } = step(preparePictures, {
      paths: select(document, picturePaths),
      folder: inputs.pictures,
    })
    const ready = each(files(folder), ({ file }) => ({ picture: file }))
    const { script: written } = step(script, { document, pictures }, { params: { language } })
    const { scenes, report: validation } = step(
      validateScript,
      { script: written },
      { params: { size, theme, strict } },
    )
    const made = each(scenes, (item) => {
      const scene = select(item, ({ scene }) => scene)
      const speech = select(item, ({ scene }) => scene.speech)
      const { audio, timing } = step(narrate, { speech }, { params: { language, synthesizer, voice, speed } })
      const { film, still } = step(
        render,
        {
          scene,
          timing,
          pictures: pick(
            ready.picture,
            select(item, ({ scene }) => scene.pictures),
          ),
        },
        { params: { size, theme, fps, quality, encodeThreads } },
      )
      return { audio, timing, film, still }
    })
    const vertical = size === 'vertical'
    const { mp4, captions, chapters, thumbnail, timing, report } = step(
      output,
      { script: written, films: made.film, stills: made.still, speech: made.audio, timings: made.timing },
      { params: { language, fps, vertical, loudnessLufs, truePeakDb } },
    )
    return { mp4, captions, chapters, thumbnail, timing, report, validation }
  },
})
