import { defineStage, file, json, many } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../schema/schema.ts'
import { threadModule } from '../tools/thread-module.ts'
import { Alignment, Recording } from './results/recording.ts'
import type { AlignRequest } from './threads/align-thread.ts'

/** Returns the param that says how far apart the recordings of a call are looked for. */
export function alignParams() {
  return {
    maxOffsetS: described(
      z._default(z.number().check(z.gte(0), z.lte(60)), 10),
      'the most that one recording of a call begins before the other, in seconds',
    ),
  }
}

/** Finds how the two sides of a call lie in one time. */
export const align = defineStage({
  name: 'align',
  version: 1,
  description: 'Finds when each recording of a call begins and how far their clocks drift, by what is heard in both',
  inputs: { sounds: many(file('sound.wav')), recordings: many(json(Recording)) },
  params: schema(() => z.object(alignParams())),
  outputs: { alignment: json(Alignment) },
  threads: { align: threadModule(new URL('./threads/align-thread.ts', import.meta.url)) },
  async run({ inputs, params, inThread, log }) {
    const sounds = inputs.recordings.map(({ sound }, index) => ({ path: inputs.sounds[index] ?? '', ...sound }))
    const request: AlignRequest = { sounds, maxOffsetS: params.maxOffsetS }
    const alignment = (await inThread('align', request)) as Alignment
    if (alignment.by === 'start') log('nothing is heard in both recordings: they are taken to begin together')
    return { alignment }
  },
})
