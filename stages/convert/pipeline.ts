import { definePipeline } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import { convert, convertParams } from './convert.ts'
import { extract, trackParam } from './extract.ts'

/** A subtitle file, or a track of a film, to a file in another format. */
export const converting = definePipeline({
  name: 'convert',
  description: 'Writes a subtitle file, or a track of a film, in another format',
  inputs: { subtitles: 'file' },
  params: schema(() => z.object({ ...convertParams(), track: z.optional(trackParam()) })),
  build({ step, inputs, params: { track, ...params } }) {
    if (track === undefined) return step(convert, inputs, { params })
    return step(convert, step(extract, { film: inputs.subtitles }, { params: { track } }), { params })
  },
})
