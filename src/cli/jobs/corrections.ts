import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Result } from '../../../store/index.ts'
import { type EditableFile, exitCodes, isRecord, type ListedCorrection, unknownName } from '../../core/index.ts'
import type { Editable, EditedFile, EditedJob } from '../../engine/index.ts'
import { countText } from '../../report/text/amounts.ts'
import { printable } from '../../report/text/printable.ts'
import { resumeHint } from '../../report/text/resume-hint.ts'
import { type Style, styleFor } from '../../report/text/style.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { reportFailure, usageError, writeError } from '../command-line/error-line.ts'
import { configFlags, jobStoreFlags } from '../command-line/run-flags.ts'
import { storeDirOfJob } from '../command-line/store-location.ts'
import { withStoreAt } from '../command-line/with-store.ts'
import { loadPipelinesFor } from '../run/job-choice.ts'

/** `reprise corrections`: shows, adds and settles what people corrected by hand in a job. */
export const correctionsCommand = command({
  name: 'corrections',
  description: 'Shows what people corrected by hand in a job, takes corrected files, and settles conflicts.',
  positionals: [
    { name: 'job', description: 'The job directory.', required: true },
    {
      name: 'file',
      description: 'A corrected copy of a file of the job, such as en.srt, to take corrections from; repeatable.',
      many: true,
    },
  ],
  flags: {
    keep: {
      kind: 'choice',
      choices: ['yours', 'computed'],
      description: 'Settles conflicts: keep what you wrote, or take it back.',
    },
    only: {
      kind: 'texts',
      value: 'ID',
      description: 'Only this correction, such as en:3; all conflicts by default; repeatable.',
    },
    edits: {
      kind: 'text',
      value: 'FILE',
      description: 'Takes edits from a JSON file, as editors write it: a list of {path, base, text}.',
    },
    json: { kind: 'switch', description: 'Writes the corrections, and the files with them, as one JSON object.' },
    ...jobStoreFlags,
    ...configFlags,
  },
  notes: `A run takes what you change in the job directory by itself; a copy that you corrected elsewhere is taken by naming it. Nothing is
computed: the next run merges what is saved here. A correction conflicts where you and what is computed now changed the same
words, times or cut; the job shows yours until you settle it.`,
  examples: [
    { line: 'reprise corrections ./subtitles-talk', does: 'lists the corrections, and what became of each' },
    {
      line: 'reprise corrections ./subtitles-talk ~/en.srt',
      does: 'takes what differs in a corrected copy of a track',
    },
    {
      line: 'reprise corrections ./subtitles-talk --keep yours --only en:3',
      does: 'settles a conflict for what you wrote',
    },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, stdout, env } = context
    const [dir = '', ...paths] = positionals
    const jobDir = resolve(cwd, dir)
    const { editableFiles, readJob, saveEdits, settleCorrections } = await import('../../engine/index.ts')
    const record = await readJob(jobDir)
    if (!record.ok) return reportFailure(context, 'corrections', record.error)
    const pipelines = await loadPipelinesFor({ config: flags.config, job: jobDir, wanted: undefined }, context)
    if (!pipelines.ok) return usageError(context, 'corrections', pipelines.error)
    const pipeline = pipelines.value.get(record.value.pipeline)?.pipeline
    if (pipeline === undefined)
      return usageError(
        context,
        'corrections',
        unknownName('pipeline', record.value.pipeline, [...pipelines.value.keys()]),
      )
    const job: EditedJob = { jobDir, pipeline, record: record.value }
    const editable = editableFiles(job)
    if (!editable.ok) return reportFailure(context, 'corrections', editable.error)
    // Each file that is taken changes the numbers of the corrections behind it.
    if (paths.length > 0 && flags.only.length > 0)
      return usageError(
        context,
        'corrections',
        '--only names listed corrections: take the files first, then list them anew',
      )
    const style = styleFor(stdout.isTerminal, env)
    if (paths.length === 0 && flags.keep === undefined && flags.edits === undefined) {
      const wanted = editable.value.list.filter(({ id }) => flags.only.length === 0 || flags.only.includes(id))
      if (flags.json) stdout.write(jsonText({ ...editable.value, list: wanted }))
      else stdout.write(`${listText(wanted, style)}\n`)
      return exitCodes.ok
    }
    const next = resumeHint(displayPath(jobDir, cwd)).replace(/^resume/, 'merge them')
    const storePath = await storeDirOfJob(jobDir, flags.store, context)
    return withStoreAt(storePath, {}, context, async (store) => {
      /** What is there after a change. */
      const writeJson = (more: object) => {
        const after = editableFiles(job)
        if (!after.ok) return reportFailure(context, 'corrections', after.error)
        stdout.write(jsonText(after.value, more))
        return exitCodes.ok
      }
      if (paths.length > 0 || flags.edits !== undefined) {
        const files = correctedFiles(paths, editable.value, context)
        if (!files.ok) return usageError(context, 'corrections', files.error)
        const edits = flags.edits === undefined ? [] : editsIn(resolve(cwd, flags.edits))
        if (edits === undefined)
          return usageError(context, 'corrections', `${flags.edits ?? ''} is not a list of {path, base, text} as JSON`)
        const saved = await saveEdits(store, job, [...files.value, ...edits])
        if (!saved.ok) return reportFailure(context, 'corrections', saved.error)
        const { changed, refused } = saved.value
        if (flags.json && flags.keep === undefined) return writeJson({ changed, refused })
        for (const { path, why } of refused) writeError(context, 'corrections', `${path}: ${why}`)
        const said = changed === 0 ? 'nothing new' : `${countText(changed, 'correction')} saved; ${next}`
        stdout.write(`${printable(said)}\n`)
        if (refused.length > 0) return exitCodes.stepFailed
      }
      if (flags.keep === undefined) return exitCodes.ok
      const now = paths.length === 0 ? editable : editableFiles(job)
      if (!now.ok) return reportFailure(context, 'corrections', now.error)
      const ids = chosenIds(now.value.list, flags.only)
      if (!ids.ok) return usageError(context, 'corrections', ids.error)
      if (ids.value.length === 0 && !flags.json) {
        stdout.write('no conflict to settle\n')
        return exitCodes.ok
      }
      const settled = await settleCorrections(store, job, ids.value, flags.keep)
      if (!settled.ok) return reportFailure(context, 'corrections', settled.error)
      if (flags.json) return writeJson({ settled: ids.value.length })
      const count = countText(ids.value.length, flags.only.length > 0 ? 'correction' : 'conflict')
      stdout.write(`${printable(`${count} settled; ${next}`)}\n`)
      return exitCodes.ok
    })
  },
})

function jsonText({ path, step, files, list }: Editable, more: object = {}): string {
  return `${JSON.stringify({ path, step, corrections: list, files, ...more })}\n`
}

/** Reads edits as an editor writes them; undefined where the file is not one. */
function editsIn(path: string): readonly EditedFile[] | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return Array.isArray(value) && value.every(isEdit) ? value : undefined
  } catch {
    return undefined
  }
}

function isEdit(value: unknown): value is EditedFile {
  if (!isRecord(value)) return false
  const { path, text, base } = value
  return typeof path === 'string' && typeof text === 'string' && (base === undefined || typeof base === 'string')
}

function chosenIds(list: readonly ListedCorrection[], only: readonly string[]): Result<readonly string[], string> {
  const known = list.map(({ id }) => id)
  const unknown = only.find((id) => !known.includes(id))
  if (unknown !== undefined) return { ok: false, error: unknownName('correction', unknown, known) }
  if (only.length > 0) return { ok: true, value: only }
  return { ok: true, value: list.flatMap(({ id, state }) => (state === 'conflict' ? [id] : [])) }
}

/** A corrected copy has the name of the file that it is a copy of. */
function correctedFiles(
  paths: readonly string[],
  { files }: Editable,
  { cwd }: CliContext,
): Result<readonly EditableFile[], string> {
  const corrected: EditableFile[] = []
  for (const path of paths) {
    let text: string
    try {
      text = readFileSync(resolve(cwd, path), 'utf8')
    } catch (error) {
      return { ok: false, error: `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}` }
    }
    const own = files.find((file) => basename(file.path) === basename(path))
    const names = files.map((file) => basename(file.path)).join(', ')
    if (own === undefined)
      return { ok: false, error: `${path} is not named like a file that can be corrected: ${names}` }
    corrected.push({ path: own.path, text })
  }
  return { ok: true, value: corrected }
}

function listText(list: readonly ListedCorrection[], style: Style): string {
  if (list.length === 0) return 'no corrections'
  return list
    .flatMap(({ id, state, lines }) => {
      const head = printable(`${id}  ${state}`)
      return [state === 'conflict' ? style('yellow', head) : head, ...lines.map(printable)]
    })
    .join('\n')
}
