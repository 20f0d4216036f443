import { constants } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { defineStage, file, optional } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'

/** Takes the voices where they were separated, else the sound as it is. */
export const heardSound = defineStage({
  name: 'heard',
  version: 1,
  description: 'Takes the voices where they were separated, else the sound as it is',
  inputs: { audio: file('audio.wav'), voices: optional(file('voices.wav')) },
  params: schema(() => z.object({})),
  outputs: { heard: 'audio.wav' },
  async run({ inputs, outputs, log }) {
    log(inputs.voices === undefined ? 'nothing was separated' : 'the voices alone')
    await copyFile(inputs.voices ?? inputs.audio, outputs.heard, constants.COPYFILE_FICLONE)
  },
})
