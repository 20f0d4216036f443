import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Result } from '../../../store/index.ts'
import type { Selection } from '../../engine/index.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import type { Flags, FlagValues } from '../command-line/flag.ts'
import { readNameValues } from '../command-line/name-value.ts'
import { executionFlags, executionGroups, jobFlags, jobGroup, jobPositionals } from '../command-line/run-flags.ts'
import { demucsFlags, prepareDemucs } from './demucs-flags.ts'
import { chooseJob, loadPipelinesFor } from './job-choice.ts'
import { runJob } from './run-job.ts'

const runFlags = {
  ...jobFlags,
  from: { kind: 'text', value: 'STEP', description: 'The first step to run; by default the first of the pipeline.' },
  to: { kind: 'text', value: 'STEP', description: 'The last step to run; by default the last of the pipeline.' },
  steps: {
    kind: 'text',
    alias: 'stages',
    value: 'A,B',
    description: 'Only these steps; wins over --from and --to. Also called --stages.',
  },
  force: { kind: 'switch', letter: 'f', description: 'Executes every selected step, even with a cached result.' },
  'force-rerun': {
    kind: 'texts',
    value: 'STEP',
    description: 'Executes this step, even with a cached result; repeatable.',
  },
  'accept-code': {
    kind: 'texts',
    value: 'STEP',
    description:
      'Keeps the result of this step although its code or packages changed: you know that this makes no difference; repeatable.',
  },
  reroll: {
    kind: 'texts',
    value: 'STEP',
    description: 'Computes a new take (another result) of this step, and keeps the earlier ones; repeatable.',
  },
  take: {
    kind: 'texts',
    value: 'STEP=N',
    description: 'Uses take N of this step, now and in later runs of the job; repeatable.',
  },
  'check-determinism': {
    kind: 'texts',
    value: 'STEP',
    description: 'Runs up to this step, executes it twice, and reports any difference; repeatable.',
  },
  'resume-from': { kind: 'text', value: 'STEP', description: 'Resumes the job given by --job from this step.' },
  'clear-from': {
    kind: 'text',
    value: 'STEP',
    description:
      'Before running, removes the records of this step and all after it from the job; the store keeps the results.',
  },
  detach: {
    kind: 'switch',
    letter: 'd',
    description: 'Runs in the background; the command returns once the run has started.',
  },
  dash: { kind: 'switch', description: 'Shows the run in the browser; the dashboard stays until Ctrl-C.' },
  ...demucsFlags,
  ...executionFlags,
} as const satisfies Flags

type RunFlags = FlagValues<typeof runFlags>

const notes = `A step with a cached result in the store does not run: its files are put into the job directory. So running
a job again resumes it. 'reprise run --job DIR' keeps the job's pipeline, inputs and params, but for those that are
given: '--input beats=b.txt' changes one input, and '--input beats=' leaves out one that may be left out. A command
with a pipeline and inputs keeps nothing: what it does not give is as the pipeline has it by default.

Params are read as the pipeline's schema takes them. Write lists with commas, as in -p to=es,ca, or as JSON where an item
holds a comma: -p 'words=["a,b","c"]'. 'reprise run PIPELINE --help' and 'reprise list PIPELINE' show the params of a
pipeline. Put inputs that begin with a dash after '--'.

What you changed in the directory of a step is kept aside, with a warning, before a computed result takes its place.

With --lint, steps run one at a time and each executed step is checked: did it change an input, write into the job
directory outside its workspace, or (on Linux) leave a process running? Findings are warnings; the results are kept.
Cache hits are not executed and so not checked; add --force to check every step.

A run with --detach survives the terminal and writes to run.log in the job directory; 'reprise jobs' lists, follows and
cancels it.

Exit codes: 0 success, 1 a step failed, 2 usage error, 3 a tool is missing, 4 the store is unusable, 130 interrupted.`

/** `reprise run`: runs a pipeline on inputs, or resumes a job. */
export const runCommand = command({
  name: 'run',
  description: 'Runs a pipeline on inputs, or resumes a job.',
  positionals: jobPositionals,
  flags: runFlags,
  flagGroups: {
    'WHICH JOB': jobGroup,
    'WHICH STEPS': [
      'from',
      'to',
      'steps',
      'force',
      'force-rerun',
      'accept-code',
      'reroll',
      'take',
      'check-determinism',
      'resume-from',
      'clear-from',
    ],
    'WHAT TO DO': ['dry-run', 'fail-on-miss', 'offline', 'detach', 'dash'],
    'SEPARATION OF VOICES': ['auto-install-demucs', 'demucs-venv'],
    ...executionGroups,
  },
  notes,
  examples: [
    { line: 'reprise run subtitles talk.mp4 -p to=es', does: 'makes a film with English and Spanish subtitles' },
    { line: 'reprise run --job ./subtitles-talk', does: 'resumes a job that was interrupted or failed' },
    {
      line: 'reprise run --job ./subtitles-talk -p to=es,ca --dry-run',
      does: 'shows which steps another language would execute',
    },
    {
      line: 'reprise run --job ./subtitles-talk --steps translate,subtitles --force',
      does: 'executes two steps again, and no others',
    },
  ],
  async helpOn({ flags, positionals: [name] }, context) {
    if (name === undefined) return undefined
    const { pipelineHelp } = await import('../describe/pipeline-help.ts')
    return pipelineHelp(name, flags.config, context)
  },
  async execute({ flags, positionals }, context) {
    const { cwd } = context
    const selection = selectionOf(flags, context)
    if (!selection.ok) return usageError(context, 'run', selection.error)
    const unprepared = await prepareDemucs(flags, context)
    if (unprepared !== undefined) return unprepared
    const [pipelineName, ...paths] = positionals
    const [pipelines, { readJob }] = await Promise.all([
      loadPipelinesFor({ config: flags.config, job: flags.job, wanted: pipelineName }, context),
      import('../../engine/index.ts'),
    ])
    if (!pipelines.ok) return usageError(context, 'run', pipelines.error)
    const words = { pipelineName, paths, namedPaths: flags.input, params: flags.param, jobDir: flags.job, cwd }
    const job = await chooseJob(words, pipelines.value, readJob)
    if (!job.ok) return usageError(context, 'run', job.error)
    if (flags.dash && (flags['dry-run'] || flags.detach))
      return usageError(context, 'run', "--dash shows a run in this terminal; for others, run 'reprise dash'")
    if (flags.detach) {
      if (flags['dry-run'])
        return usageError(context, 'run', '--dry-run does not run anything in the background; leave out --detach')
      const { jobDir } = job.value
      const [{ detachJob }, { formatCommandLine }] = await Promise.all([
        import('./detach.ts'),
        import('./format-command-line.ts'),
      ])
      const inBackground = { ...flags, job: jobDir, detach: false, json: false }
      const args = ['run', ...formatCommandLine(runFlags, inBackground, positionals)]
      return detachJob({ jobDir, args, store: flags.store, json: flags.json }, context)
    }
    const order = { job: job.value, selection: selection.value, flags }
    if (!flags.dash) return runJob(order, context)
    const { runWithDash } = await import('../dash/run-with-dash.ts')
    const shown = { jobDir: job.value.jobDir, storeFlag: flags.store }
    return runWithDash(shown, context, () => runJob(order, context))
  },
})

function selectionOf(flags: RunFlags, { cwd }: CliContext): Result<Selection, string> {
  const resumeFrom = flags['resume-from']
  if (resumeFrom !== undefined) {
    if (flags.from !== undefined)
      return { ok: false, error: '--from and --resume-from mean the same; give only one of them' }
    const dir = flags.job === undefined ? undefined : resolve(cwd, flags.job)
    if (dir === undefined)
      return { ok: false, error: '--resume-from needs --job DIR, because it resumes an existing job' }
    if (!existsSync(join(dir, 'job.json'))) {
      return {
        ok: false,
        error: `no job to resume in ${dir}; without --resume-from, the run starts from the beginning`,
      }
    }
  }
  const takes = readTakes(flags.take)
  if (!takes.ok) return takes
  const from = flags.from ?? resumeFrom
  const checked = flags['check-determinism']
  const isLimited = from !== undefined || flags.to !== undefined || flags.steps !== undefined
  const to = isLimited || checked.length !== 1 ? flags.to : checked[0]
  const steps = flags.steps?.split(',').map((name) => name.trim())
  return {
    ok: true,
    value: {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(steps === undefined ? {} : { steps }),
      ...(flags['clear-from'] === undefined ? {} : { clearFrom: flags['clear-from'] }),
      ...(flags.force ? { force: true } : {}),
      ...(flags['force-rerun'].length === 0 ? {} : { forceRerun: flags['force-rerun'] }),
      ...(flags['accept-code'].length === 0 ? {} : { acceptCode: flags['accept-code'] }),
      ...(checked.length === 0 ? {} : { checkDeterminism: checked }),
      ...(flags.reroll.length === 0 ? {} : { reroll: flags.reroll }),
      ...(flags.take.length === 0 ? {} : { takes: takes.value }),
    },
  }
}

function readTakes(texts: readonly string[]): Result<Readonly<Record<string, number>>, string> {
  const named = readNameValues('--take', texts, 'STEP=N')
  if (!named.ok) return named
  const takes: Record<string, number> = {}
  for (const [step, values] of named.value) {
    const [text = ''] = values
    if (values.length > 1) return { ok: false, error: `--take names '${step}' ${values.length} times; name it once` }
    if (!/^[1-9]\d{0,8}$/.test(text))
      return { ok: false, error: `--take takes STEP=N with a whole number above zero, not '${step}=${text}'` }
    takes[step] = Number(text)
  }
  return { ok: true, value: takes }
}
