import { writeFile } from 'node:fs/promises'
import { defineStage, json, many } from 'reprise'
import * as z from 'zod/mini'
import { described, schema } from '../schema/schema.ts'
import { Level } from './level.ts'
import { MixMap } from './mix.ts'
import { PassedOver } from './pair.ts'
import { reportPage } from './report/page.ts'
import { summarize } from './report/summarize.ts'
import { Summary } from './report/summary.ts'
import { tableOf } from './report/table.ts'
import { Hearing } from './results/hearing.ts'
import { Alignment, Calls, Recording } from './results/recording.ts'
import { TimeMap } from './results/time-map.ts'
import { FoundTones } from './tones/found-tone.ts'

/** Returns the params of the report. */
export function reportParams() {
  return {
    deadAirS: described(
      z._default(z.number().check(z.gte(1), z.lte(600)), 5),
      'silence of both sides that is counted as dead air, in seconds',
    ),
  }
}

/** Says what became of each recording, and what is heard in each call. */
export const report = defineStage({
  name: 'report',
  version: 4,
  description: 'Says what became of each recording, how loud each call was and is, and who speaks when',
  inputs: {
    calls: json(Calls),
    passedOver: json(PassedOver),
    recordings: many(json(Recording), { named: true }),
    hearings: many(json(Hearing), { named: true }),
    tones: many(json(FoundTones), { named: true }),
    alignments: many(json(Alignment), { settled: true }),
    levels: many(json(Level), { settled: true }),
    maps: many(json(TimeMap), { settled: true }),
    mix: json(MixMap),
    mixLevel: json(Level),
  },
  params: schema(() => z.object(reportParams())),
  outputs: { page: 'report.html', summary: json(Summary), table: 'calls.csv' },
  async run({ inputs, params, outputs }) {
    const summary = summarize(inputs, params)
    await writeFile(outputs.table, tableOf(summary))
    await writeFile(outputs.page, reportPage(summary))
    return { summary }
  },
})
