import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type {
  BlobReader,
  DirectoryStore,
  InspectedAction,
  InspectedBlob,
  InspectedJob,
  Result,
  StoreFailure,
} from '../../../store/index.ts'
import { exitCodes } from '../../core/index.ts'
import { countText, durationText, sizeText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable } from '../../report/text/printable.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import { jobStoreFlags } from '../command-line/run-flags.ts'
import { storeDirOfJob } from '../command-line/store-location.ts'
import { withStoreAt } from '../command-line/with-store.ts'
import { reportCacheFailure } from './cache-failure.ts'

/** `reprise cache inspect`: shows what the store knows about an action, a blob or a job. */
export const cacheInspectCommand = command({
  name: 'cache inspect',
  description: 'Shows what the store knows about a key, a digest or a job.',
  positionals: [
    { name: 'what', description: 'A key or a digest, or its first digits; or a job directory.', required: true },
    { name: 'step', description: 'A step of that job.' },
  ],
  flags: {
    json: { kind: 'switch', description: 'Writes the same as one JSON object.' },
    ...jobStoreFlags,
  },
  examples: [
    { line: 'reprise cache inspect 3f9a27c1', does: 'shows the action with that key: params, inputs, tools, outputs' },
    {
      line: 'reprise cache inspect b3:9b1d00ff',
      does: 'shows which steps wrote these bytes, and which read them',
    },
    { line: 'reprise cache inspect ./subtitles-talk', does: 'shows which results of a job are stored' },
  ],
  async execute({ flags, positionals }, context) {
    const [what = '', step] = positionals
    const storePath = await storeDirOfJob(resolve(context.cwd, what), flags.store, context)
    return withStoreAt(storePath, { readOnly: true }, context, async (store) => {
      const found = await find(store, what, step, context.cwd)
      if (!found.ok) return reportCacheFailure(context, 'cache inspect', found.error)
      if ('nothing' in found.value) return usageError(context, 'cache inspect', found.value.nothing)
      const lines = flags.json ? [JSON.stringify(found.value)] : findingLines(found.value)
      context.stdout.write(`${lines.join('\n')}\n`)
      return exitCodes.ok
    })
  },
})

/** What an argument names. */
export type Finding =
  | { readonly action: InspectedAction }
  | { readonly blob: InspectedBlob }
  | { readonly job: InspectedJob }

type Found = Result<Finding | { readonly nothing: string }, StoreFailure>

async function find(store: DirectoryStore, what: string, step: string | undefined, cwd: string): Promise<Found> {
  const dir = resolve(cwd, what)
  if (step !== undefined || existsSync(join(dir, 'job.json'))) return findInJob(store, dir, step)
  const { inspectAction, inspectBlob } = await import('../../../store/index.ts')
  const digits = what.toLowerCase()
  const blob = inspectBlob(store, digits)
  if (!blob.ok) return blob
  const action = digits.startsWith('b3:') ? undefined : inspectAction(store, digits)
  if (action?.ok === false) return action
  const kinds = [blob.value.kind, action?.value.kind ?? 'absent']
  if (kinds.includes('ambiguous') || (kinds[0] === 'found' && kinds[1] === 'found')) {
    return nothing(`several keys or digests begin with '${what}'; give more digits`)
  }
  if (blob.value.kind === 'found') return { ok: true, value: { blob: blob.value.value } }
  if (action?.value.kind === 'found') return { ok: true, value: { action: action.value.value } }
  return nothing(`the store has no key, digest or job '${what}'`)
}

async function findInJob(store: DirectoryStore, dir: string, step: string | undefined): Promise<Found> {
  const { inspectAction, inspectJob } = await import('../../../store/index.ts')
  const job = inspectJob(store, dir)
  if (!job.ok) return job
  if (job.value.kind !== 'found')
    return nothing(`the store has no results of a job in ${dir}; if it ran with another store, name that with --store`)
  if (step === undefined) return { ok: true, value: { job: job.value.value } }
  const wanted = job.value.value.steps.find((candidate) => candidate.step === step)
  if (wanted === undefined) {
    const { unknownName } = await import('../../core/index.ts')
    return nothing(
      unknownName(
        'step',
        step,
        job.value.value.steps.map((candidate) => candidate.step),
      ),
    )
  }
  const action = inspectAction(store, wanted.key)
  if (!action.ok) return action
  if (action.value.kind === 'found') return { ok: true, value: { action: action.value.value } }
  return nothing(`the store no longer has a result of the step '${step}'`)
}

function nothing(text: string): Found {
  return { ok: true, value: { nothing: text } }
}

/** Returns a finding as lines for people. */
export function findingLines(finding: Finding): readonly string[] {
  if ('action' in finding) return actionLines(finding.action)
  return 'blob' in finding ? blobLines(finding.blob) : jobLines(finding.job)
}

function actionLines({
  key,
  record,
  action,
  gone,
  outputs,
  usedBy,
  lastUsedMs,
  hits,
  savedMs,
}: InspectedAction): readonly string[] {
  const head = [
    ['key', key],
    ...(record === undefined
      ? [['result', gone === undefined ? 'not in the store' : `${gone.kind}, and no longer in the store`]]
      : [
          ['step', printable(`${record.labels.pipeline} ${record.labels.step}`)],
          ['job', printable(record.labels.job)],
          ...(record.labels.from === undefined ? [] : [['from', printable(record.labels.from)]]),
          ['computed', `${record.result.producedAt}, in ${durationText(record.result.durationMs)}`],
        ]),
    ['used', `${countText(hits, 'time')}, saved ${durationText(savedMs)}`],
    ...(lastUsedMs === undefined ? [] : [['last used', new Date(lastUsedMs).toISOString()]]),
  ]
  const files = outputs.map(({ output, path, digest, state }) => [
    printable(path === undefined ? output : `${output}/${path}`),
    sizeText(digest.sizeBytes),
    state,
    `b3:${digest.hash}`,
  ])
  const users = usedBy.map(({ job, step }) => `  ${printable(step)} in ${printable(job)}`)
  const preimage = action === undefined ? [] : JSON.stringify(action, null, 2).split('\n').map(printable)
  return [
    ...columns(head),
    ...(files.length === 0 ? [] : ['', 'outputs', ...columns(files, '  ')]),
    ...(users.length === 0 ? [] : ['', 'last used by', ...users]),
    ...(preimage.length === 0 ? [] : ['', 'the key is made of', ...preimage.map((line) => `  ${line}`)]),
  ]
}

function blobLines({ hash, stored, referrers, readers }: InspectedBlob): readonly string[] {
  const place = stored?.where === 'inline' ? 'in the index' : 'in a file'
  const head = [
    ['digest', `b3:${hash}`],
    ...(stored === undefined
      ? [['bytes', 'not in the store']]
      : [
          ['size', sizeText(stored.digest.sizeBytes)],
          ['bytes', `${stored.state}, ${place}`],
        ]),
  ]
  const made = referrers.map(({ output, path, ...user }) =>
    userRow(user, path === undefined ? output : `${output}/${path}`),
  )
  const read = readers.map(({ input, ...user }) => userRow(user, input))
  return [
    ...columns(head),
    '',
    ...(made.length === 0 ? ['needed by no action'] : ['needed by', ...columns(made, '  ')]),
    ...(read.length === 0 ? [] : ['', 'an input of', ...columns(read, '  ')]),
  ]
}

function userRow({ pipeline, step, job, key }: Omit<BlobReader, 'input'>, name: string): readonly string[] {
  return [printable(`${pipeline} ${step}`), printable(name), key.slice(0, 12), printable(job)]
}

function jobLines({ job, pipeline, steps }: InspectedJob): readonly string[] {
  const rows = steps.map(({ step, state, sizeBytes, key }) => [
    printable(step),
    state,
    sizeText(sizeBytes),
    key.slice(0, 12),
  ])
  return [
    ...columns([
      ['job', printable(job)],
      ['pipeline', printable(pipeline)],
    ]),
    '',
    ...columns(rows),
  ]
}
