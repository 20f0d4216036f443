import { definePipeline, files, pick, select } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../schema/schema.ts'
import { align, alignParams } from './align.ts'
import { classify } from './classify.ts'
import { callTonesParam, countryParam, findTones } from './find-tones.ts'
import { mixes, mixFormats, mixParams } from './mix.ts'
import { normalize, normalizeParams } from './normalize.ts'
import { pair, pairingParam } from './pair.ts'
import { brokenParam, probe } from './probe.ts'
import { report, reportParams } from './report.ts'

/** What recordings are called, in small letters and in capitals. */
const extensions = [
  'wav',
  'mp3',
  'ogg',
  'oga',
  'opus',
  'flac',
  'm4a',
  'mp4',
  'aac',
  'amr',
  '3gp',
  'wma',
  'webm',
  'aiff',
  'au',
]
const rawExtensions = ['ulaw', 'ul', 'pcmu', 'alaw', 'al', 'pcma', 'sln', 'sln16', 'gsm', 'g722']
const allExtensions = [...extensions, ...rawExtensions].flatMap((name) => [name, name.toUpperCase()])

const params = schema(() =>
  z.object({
    files: described(
      z._default(z.string(), `**/*.{${allExtensions.join(',')}}`),
      'which files of the folder are recordings, as a pattern of the shell',
    ),
    onBroken: brokenParam(),
    pairing: pairingParam(),
    ...alignParams(),
    callTones: callTonesParam(),
    country: countryParam(),
    ...normalizeParams(),
    mixFormat: described(
      z._default(z.enum(mixFormats), 'm4a'),
      'format of the mix; m4a and opus have a chapter a call',
    ),
    ...mixParams(),
    ...reportParams(),
  }),
)

/** Folders of call recordings to mixes that can be listened to. */
export const calls = definePipeline({
  name: 'calls',
  description: 'Makes a mix and a report of a folder of call recordings: mended, paired, levelled',
  inputs: { folder: 'tree' },
  params,
  build({ step, each, inputs, params }) {
    const { onBroken, pairing, maxOffsetS, callTones, country, levelSides, order, gapS, deadAirS, mixFormat } = params
    const { loudnessLufs, truePeakDb, maxGainDb, dynamic } = params
    const loudness = { loudnessLufs, truePeakDb, maxGainDb, dynamic }
    const read = each(files(inputs.folder, params.files), ({ file, path }) => {
      const extension = select(path, (path) => /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '')
      const { recording, sound } = step(probe, { recording: file, extension }, { params: { onBroken } })
      const { hearing } = step(
        classify,
        { sound, recording },
        { when: { of: recording, is: ({ problem }) => problem === undefined } },
      )
      const { tones } = step(
        findTones,
        { hearing },
        {
          params: { country },
          when: { of: recording, is: ({ problem }) => problem === undefined && callTones !== 'off' },
        },
      )
      return { recording, sound, hearing, tones }
    })
    const { calls: found, passedOver } = step(
      pair,
      { recordings: read.recording, hearings: pairing === 'similarity' ? read.hearing : [] },
      { params: { pairing } },
    )
    const made = each(found, (call) => {
      const paths = select(call, ({ legs }) => legs.map(({ path }) => path))
      const [sounds, recordings] = [pick(read.sound, paths), pick(read.recording, paths)]
      const { alignment } = step(
        align,
        { sounds, recordings },
        { params: { maxOffsetS }, when: { of: call, is: ({ legs }) => legs.length > 1 } },
      )
      // What does not change the call must not run it again.
      const changes = callTones === 'trim' || callTones === 'complete'
      const [tones, hearings] = changes ? [pick(read.tones, paths), pick(read.hearing, paths)] : [[], []]
      const finished = step(
        normalize,
        { sounds, recordings, alignment, tones, hearings },
        { params: { ...loudness, levelSides, ...(changes ? { callTones, country } : {}) } },
      )
      return { ...finished, alignment }
    })
    const mixed = step(
      mixes[mixFormat],
      { calls: found, sounds: made.call, maps: made.map },
      { params: { ...loudness, order, gapS } },
    )
    const told = step(
      report,
      {
        calls: found,
        passedOver,
        recordings: read.recording,
        hearings: read.hearing,
        tones: read.tones,
        alignments: made.alignment,
        levels: made.level,
        maps: made.map,
        mix: mixed.map,
        mixLevel: mixed.level,
      },
      { params: { deadAirS } },
    )
    const { mix, map, labels } = mixed
    return { calls: made.call, mix, map, labels, report: told.page, summary: told.summary, table: told.table }
  },
})
