import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import type { ListedTake } from '../../engine/index.ts'
import { durationText, sizeText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { reportFailure } from '../command-line/error-line.ts'
import { jobStoreFlags } from '../command-line/run-flags.ts'
import { storeDirOfJob } from '../command-line/store-location.ts'
import { withStoreAt } from '../command-line/with-store.ts'

/** `reprise takes`: lists the results that a step has for the same inputs. */
export const takesCommand = command({
  name: 'takes',
  description: 'Lists the takes of a step: the results that --reroll computed for the same inputs.',
  positionals: [
    { name: 'job', description: 'The job directory.', required: true },
    {
      name: 'step',
      description: 'A step of the job, or an item of a fan-out: recognize, translate/es.',
      required: true,
    },
  ],
  flags: { json: { kind: 'switch', description: 'Writes one JSON object per take.' }, ...jobStoreFlags },
  notes: `The current take is marked with '*'. Runs of the job use it until you compute or choose another one. The list is for
the inputs and params that the job used last.`,
  examples: [
    {
      line: 'reprise run --job ./subtitles-talk --reroll recognize',
      does: 'computes another take, and keeps the earlier ones',
    },
    { line: 'reprise takes ./subtitles-talk recognize', does: 'lists them, with the date and size of each' },
    { line: 'reprise run --job ./subtitles-talk --take recognize=1', does: 'goes back to the first take' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout } = context
    const [dir = '', step = ''] = positionals
    const { listTakes } = await import('../../engine/index.ts')
    const jobDir = resolve(cwd, dir)
    const storePath = await storeDirOfJob(jobDir, flags.store, context)
    return withStoreAt(storePath, { readOnly: true }, context, async (store) => {
      const listed = await listTakes(store, jobDir, step)
      if (!listed.ok) return reportFailure(context, 'takes', listed.error)
      const lines = flags.json ? listed.value.map((take) => JSON.stringify(take)) : columns(listed.value.map(takeRow))
      for (const line of lines) stdout.write(`${line}\n`)
      return exitCodes.ok
    })
  },
})

function takeRow({ step, take, isCurrent, result, gone, key }: ListedTake): readonly string[] {
  const head = [isCurrent ? '*' : ' ', printable(step), `take ${take}`]
  if (result === undefined) return [...head, printable(gone ?? 'gone'), '', '', '']
  const { sizeBytes, durationMs, producedAt, device } = result
  const how = `took ${durationText(durationMs)} on ${printable(device)}`
  return [...head, producedAt, sizeText(sizeBytes), how, key.slice(0, 12)]
}
