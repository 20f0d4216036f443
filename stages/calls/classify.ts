import { defineStage, file, json } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import type { SoundFile } from '../sound/sound-file.ts'
import { Hearing } from './results/hearing.ts'
import { Recording } from './results/recording.ts'
import { callsThread } from './thread-module.ts'

/** Finds what is heard in a recording. */
export const classify = defineStage({
  name: 'classify',
  version: 1,
  description: 'Finds speech, music, noise and tones in a recording, and measures it',
  inputs: { sound: file('sound.wav', { mayBeEmpty: true }), recording: json(Recording) },
  params: schema(() => z.object({})),
  outputs: { hearing: json(Hearing) },
  threads: { hear: callsThread('hear') },
  async run({ inputs, inThread }) {
    const sound: SoundFile = { path: inputs.sound, ...inputs.recording.sound }
    return { hearing: (await inThread('hear', sound)) as Hearing }
  },
})
