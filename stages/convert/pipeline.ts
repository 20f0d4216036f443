import { definePipeline } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import { convert, convertParams } from './convert.ts'

/** A subtitle file to one in another format. */
export const converting = definePipeline({
  name: 'convert',
  description: 'Writes a subtitle file in another format',
  inputs: { subtitles: 'file' },
  params: schema(() => z.object(convertParams())),
  build: ({ step, inputs, params }) => step(convert, inputs, { params }),
})
