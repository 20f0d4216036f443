import { stringify } from 'csv-stringify/sync'
import type { Summary } from './summary.ts'

/** Returns a row a call, as CSV (RFC 4180), and a row for each recording that was passed over. */
export function tableOf({ calls, passedOver }: Summary): string {
  const rows = calls.map((call) => {
    const [a, b] = call.sides
    return {
      call: call.id,
      files: call.files.map(({ path }) => path).join(' + '),
      started_at: call.startedAt ?? '',
      length_s: call.lengthS,
      mix_at_s: call.mixAtS ?? '',
      paired_by: call.pairedBy ?? '',
      aligned_by: call.alignment?.by ?? '',
      start_b_s: call.alignment?.startS[1] ?? '',
      drift_b_ppm: call.alignment?.driftPpm[1] ?? '',
      lufs_before: call.level?.before.integratedLufs ?? '',
      lufs_after: call.level?.after.integratedLufs ?? '',
      true_peak_after_db: call.level?.after.truePeakDb ?? '',
      gain_db: call.level?.gainDb ?? '',
      limited_by: call.level?.limitedBy ?? '',
      talk_a_s: a?.talkS ?? '',
      talk_b_s: b?.talkS ?? '',
      talk_share_a: a?.talkShare ?? '',
      talk_share_b: b?.talkShare ?? '',
      overlaps: call.overlaps.length,
      overlap_s: call.overlapS,
      interruptions: call.interruptions,
      dead_air: call.deadAir.length,
      dead_air_s: call.deadAirS,
      music_s: call.musicS,
      tones: call.tones
        .map(({ kind, keys, countries }) => [kind, ...(keys === undefined ? [] : [keys]), ...countries].join(' '))
        .join('; '),
      cut_s: call.cutS,
      mended: call.files.flatMap(({ mended }) => mended).join('; '),
      problem: call.problem ?? '',
    }
  })
  const passed = passedOver.map(({ path, problem }) => ({ call: '', files: path, problem }))
  const columns = Object.keys(rows[0] ?? passed[0] ?? {})
  // A cell that begins like a formula would be one in a spreadsheet: names of files are anybody's.
  return stringify([...rows, ...passed], { header: true, columns, escape_formulas: true })
}
