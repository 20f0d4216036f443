import { defineStage, json, optional } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../schema/schema.ts'
import { Hearing } from './results/hearing.ts'
import { FoundTones } from './tones/found-tone.ts'
import { keysPressed } from './tones/keys-pressed.ts'
import { recognizeTones } from './tones/recognize.ts'
import { countries } from './tones/table.ts'

/** Returns the param that names the country whose tones are heard. */
export function countryParam() {
  return described(
    z._default(z.enum(['auto', ...countries]), 'auto'),
    'whose tones are looked for and made: a country code, or itu for 425 Hz; by default all are looked for',
  )
}

/** Returns the param that says what is done with the tones of the network. */
export function callTonesParam() {
  return described(
    z._default(z.enum(['off', 'find', 'trim', 'complete']), 'off'),
    'dial, ring and busy tones: find and name them, trim them, or make those that the recording lacks',
  )
}

/** Names the tones of telephone networks in a recording. */
export const findTones = defineStage({
  name: 'tones',
  version: 2,
  description:
    'Names dial, ring, busy, congestion, information and fax tones with their countries, and keys that were pressed',
  inputs: { hearing: optional(json(Hearing)) },
  params: schema(() => z.object({ country: countryParam() })),
  outputs: { tones: json(FoundTones) },
  run({ inputs, params }) {
    const country = params.country === 'auto' ? undefined : params.country
    const { channels, isDouble } = inputs.hearing ?? { channels: [], isDouble: false }
    const heard = isDouble ? channels.slice(0, 1) : channels
    return {
      tones: heard.flatMap(({ bursts, digits }, channel) =>
        [...recognizeTones(bursts, channel, country), ...keysPressed(digits, channel)].sort(
          (one, other) => one.fromS - other.fromS,
        ),
      ),
    }
  },
})
