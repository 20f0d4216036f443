import { defineStage, file, json } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import type { SoundFile } from '../sound/sound-file.ts'
import { threadModule } from '../tools/thread-module.ts'
import { Hearing } from './results/hearing.ts'
import { Recording } from './results/recording.ts'

/** Finds what is heard in a recording. */
export const classify = defineStage({
  name: 'classify',
  version: 4,
  description: 'Finds speech, music, noise and tones in a recording, and measures it',
  inputs: { sound: file('sound.wav', { mayBeEmpty: true }), recording: json(Recording) },
  params: schema(() => z.object({})),
  outputs: { hearing: json(Hearing) },
  threads: { hear: threadModule(new URL('./threads/hear-thread.ts', import.meta.url)) },
  async run({ inputs, inThread }) {
    const sound: SoundFile = { path: inputs.sound, ...inputs.recording.sound }
    return { hearing: (await inThread('hear', sound)) as Hearing }
  },
})
