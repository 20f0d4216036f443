import { extname, resolve } from 'node:path'
import { loadPipelines } from '../../config/pipelines.ts'
import { command } from '../command-line/command.ts'
import { displayPath } from '../command-line/display-path.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import { executionFlags, executionGroups, jobFlags } from '../command-line/run-flags.ts'
import { chooseJob } from '../run/job-choice.ts'
import { runJob } from '../run/run-job.ts'
import { pictureFolder } from './picture-folder.ts'
import { keepStandardInput } from './standard-input.ts'

/** What a video can be made of, and the format that the pipeline is told. */
const formats: ReadonlyMap<string, string> = new Map([
  ['document', 'auto'],
  ['markdown', 'markdown'],
  ['slides', 'markdown'],
  ['yaml', 'yaml'],
  ['text', 'text'],
  ['subtitles', 'subtitles'],
  ['docx', 'docx'],
])

/** How the file is called in which standard input is kept, where that is not Markdown. */
const endings: ReadonlyMap<string, string> = new Map([
  ['yaml', '.yaml'],
  ['text', '.txt'],
  ['subtitles', '.srt'],
  ['docx', '.docx'],
])

/** What a file is by the end of its name, where that says it; else by its content. */
const formatsByEnding: ReadonlyMap<string, string> = new Map([
  ['.md', 'markdown'],
  ['.markdown', 'markdown'],
  ['.yaml', 'yaml'],
  ['.yml', 'yaml'],
  ['.srt', 'subtitles'],
  ['.vtt', 'subtitles'],
  ['.docx', 'docx'],
])

/** `reprise create`: short for `reprise run video`. */
export const createCommand = command({
  name: 'create',
  description: 'Makes a narrated video of a document; short for "reprise run video".',
  positionals: [{ name: 'document', description: "What the video is made of; short for '--from document:FILE'." }],
  flags: {
    from: {
      kind: 'text',
      value: 'KIND:FILE',
      description:
        "What the video is made of, and how it is read. KIND is document, markdown, slides, yaml, text, subtitles or docx; the file '-' is standard input.",
    },
    pictures: {
      kind: 'text',
      value: 'DIR',
      description:
        "The folder with the pictures that the document names; by default the nearest one that has them. 'none' shows none.",
    },
    input: jobFlags.input,
    param: jobFlags.param,
    job: jobFlags.job,
    ...executionFlags,
  },
  flagGroups: {
    'OF WHAT': ['from', 'pictures', 'input', 'param'],
    'WHICH JOB': ['job'],
    'WHAT TO DO': ['dry-run', 'fail-on-miss', 'offline'],
    ...executionGroups,
  },
  notes: `With 'document', the kind is what the name of the file says, or else what the file looks like. 'markdown' and 'slides' (Marp, Slidev) begin a scene at a
heading or '---', and say HTML comments instead of the text; 'yaml' is a script with scenes; 'text' has a paragraph a
scene; of 'subtitles' (SRT, VTT), what was said is narrated anew; 'docx' is a Word document.

'reprise list video' shows the params.`,
  examples: [
    { line: 'reprise create README.md', does: 'makes a video of a README' },
    {
      line: 'reprise create --from markdown:-',
      does: 'makes one of what another program writes',
    },
    {
      line: 'reprise create README.md --input lexicon=words.yaml',
      does: 'speaks words as a file says',
    },
    { line: 'reprise create --from slides:deck.md -p size=vertical -p theme=paper', does: 'makes one for telephones' },
  ],
  async execute({ flags, positionals: [document] }, context) {
    if (document !== undefined && flags.from !== undefined)
      return usageError(context, 'create', `give either ${document} or --from ${flags.from}`)
    const from = document === undefined ? flags.from : `document:${document}`
    const { cwd } = context
    if (from === undefined)
      return usageError(context, 'create', 'no document is given, such as README.md, or --from slides:deck.md')
    const colon = from.indexOf(':')
    const [kind, named] = colon < 0 ? ['document', from] : [from.slice(0, colon), from.slice(colon + 1)]
    const format = formats.get(kind)
    if (format === undefined) {
      return usageError(
        context,
        'create',
        `--from ${from}: '${kind}' is not a kind; there are: ${[...formats.keys()].join(', ')}`,
      )
    }
    if (named === '') return usageError(context, 'create', `--from ${from}: a file must follow the colon`)
    const kept = named === '-' ? await keepStandardInput(cwd, endings.get(kind) ?? '.md') : undefined
    if (kept?.ok === false) return usageError(context, 'create', `--from ${from}: ${kept.error}`)
    const file = kept?.value ?? named
    if (kept !== undefined) writeError(context, 'create', `standard input is kept in ${displayPath(file, cwd)}`)
    const [pipelines, { readJob }] = await Promise.all([
      loadPipelines(cwd, flags.config, { wanted: 'video' }),
      import('../../engine/index.ts'),
    ])
    if (!pipelines.ok) return usageError(context, 'create', pipelines.error)
    const known = format === 'auto' ? (formatsByEnding.get(extname(file).toLowerCase()) ?? 'auto') : format
    const params = [...(known === 'auto' ? [] : [`format=${known}`]), ...flags.param]
    const folder =
      flags.pictures === undefined ? pictureFolder(resolve(cwd, file)) : { ok: true as const, value: flags.pictures }
    if (!folder.ok) return usageError(context, 'create', folder.error)
    const pictures = folder.value === 'none' ? '' : folder.value
    const namedPaths = [...(pictures === undefined ? [] : [`pictures=${pictures}`]), ...flags.input]
    const words = { pipelineName: 'video', paths: [file], namedPaths, params, jobDir: flags.job, cwd }
    const job = await chooseJob(words, pipelines.value, readJob)
    if (!job.ok) return usageError(context, 'create', job.error)
    return runJob({ job: job.value, selection: {}, flags }, context)
  },
})
