import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Result } from '../../../store/index.ts'
import { loadPipelines } from '../../config/pipelines.ts'
import type { Selection } from '../../engine/index.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import type { Flags, FlagValues } from '../command-line/flag.ts'
import { readNameValues } from '../command-line/name-value.ts'
import { executionFlags, jobFlags, jobPositionals } from '../command-line/run-flags.ts'
import { chooseJob } from './job-choice.ts'
import { runJob } from './run-job.ts'

const runFlags = {
  ...jobFlags,
  from: { kind: 'text', value: 'STEP', description: 'The first step to run.' },
  to: { kind: 'text', value: 'STEP', description: 'The last step to run.' },
  steps: {
    kind: 'text',
    alias: 'stages',
    value: 'A,B',
    description: 'Only these steps; wins over --from and --to.',
  },
  force: { kind: 'switch', letter: 'f', description: 'Executes every selected step, also those with a result.' },
  'force-rerun': { kind: 'texts', value: 'STEP', description: 'Executes this step, also with a result; repeatable.' },
  reroll: {
    kind: 'texts',
    value: 'STEP',
    description: 'Makes a fresh result of this step, and keeps the earlier ones; repeatable.',
  },
  take: {
    kind: 'texts',
    value: 'STEP=N',
    description: "Uses this one of a step's results, now and in later runs of the job; repeatable.",
  },
  'check-determinism': {
    kind: 'texts',
    value: 'STEP',
    description: 'Runs up to this step, executes it twice, and names what differs; repeatable.',
  },
  'resume-from': { kind: 'text', value: 'STEP', description: 'Goes on with a job that exists, from this step.' },
  'clear-from': {
    kind: 'text',
    value: 'STEP',
    description: "Removes the job's records from this step on before running; the store keeps the results.",
  },
  detach: { kind: 'switch', letter: 'd', description: 'Runs in the background, and returns when that has begun.' },
  ...executionFlags,
} as const satisfies Flags

type RunFlags = FlagValues<typeof runFlags>

const notes = `A run resumes: what has a result in the store is put into the job directory and not computed again.
'reprise run --job DIR' alone goes on with that job's own pipeline, inputs and params.

With --lint steps run one at a time, and each that was executed is looked at: did it change an input, write into the job
directory outside its workspace, or leave a process running (on Linux)? What it finds is a warning, the results are kept,
and the exit code is 1. Hits are not executed and so not looked at: add --force.

Inputs that begin with a dash stand behind '--'. Lists are written with commas: -p to=es,ca.

A run with --detach survives the terminal; 'reprise jobs' lists, follows and cancels it. What it says is in the job's
run.log. It returns with an error, as a run in the foreground does, when the run cannot begin.

Exit codes: 0 ok, 1 a step failed, 2 usage, 3 a tool is missing, 4 the store is unusable, 130 interrupted.`

/** `reprise run`: runs a pipeline on inputs, or goes on with a job. */
export const runCommand = command({
  name: 'run',
  description: 'Runs a pipeline on inputs, or goes on with a job.',
  positionals: jobPositionals,
  flags: runFlags,
  notes,
  examples: [
    { line: 'reprise run subtitles talk.mp4 -p to=es', does: 'makes a film with English and Spanish subtitles' },
    { line: 'reprise run --job ./subtitles-talk', does: 'goes on with a job that was interrupted' },
    { line: 'reprise run subtitles talk.mp4 -p to=es,ca --dry-run', does: 'says what another language would cost' },
    {
      line: 'reprise run --job ./subtitles-talk --fail-on-miss',
      does: 'proves, as in CI, that nothing needs computing',
    },
    { line: 'reprise run --job J --check-determinism mux', does: 'executes a step twice, and names what differs' },
    { line: 'reprise run --job J --reroll translate/es', does: 'translates into Spanish anew; --take goes back' },
    { line: 'reprise run subtitles talk.mp4 --detach', does: 'runs in the background' },
    { line: 'reprise run subtitles talk.mp4 --force --lint', does: 'looks for stages that do what they must not' },
    {
      line: 'reprise run --job J --clear-from translate',
      does: 'forgets the translation in this job, and what follows',
    },
    { line: 'reprise run subtitles --job J -- -odd-name.mp4', does: 'takes a file whose name begins with a dash' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd } = context
    const selection = selectionOf(flags, context)
    if (!selection.ok) return usageError(context, 'run', selection.error)
    const [pipelineName, ...paths] = positionals
    const [pipelines, { readJob }] = await Promise.all([
      loadPipelines(cwd, flags.config, { wanted: pipelineName }),
      import('../../engine/index.ts'),
    ])
    if (!pipelines.ok) return usageError(context, 'run', pipelines.error)
    const words = { pipelineName, paths, namedPaths: flags.input, params: flags.param, jobDir: flags.job, cwd }
    const job = await chooseJob(words, pipelines.value, readJob)
    if (!job.ok) return usageError(context, 'run', job.error)
    if (flags.detach) {
      if (flags['dry-run'])
        return usageError(context, 'run', '--dry-run says at once what a run would do: leave --detach out')
      const { jobDir } = job.value
      const [{ detachJob }, { formatCommandLine }] = await Promise.all([
        import('./jobs-detach.ts'),
        import('./jobs-command-line.ts'),
      ])
      const inBackground = { ...flags, job: jobDir, detach: false, json: false }
      const args = ['run', ...formatCommandLine(runFlags, inBackground, positionals)]
      return detachJob({ jobDir, args, store: flags.store, json: flags.json }, context)
    }
    return runJob({ job: job.value, selection: selection.value, flags }, context)
  },
})

function selectionOf(flags: RunFlags, { cwd }: CliContext): Result<Selection, string> {
  const resumeFrom = flags['resume-from']
  if (resumeFrom !== undefined) {
    if (flags.from !== undefined) return { ok: false, error: '--from and --resume-from say the same: give one of them' }
    const dir = flags.job === undefined ? undefined : resolve(cwd, flags.job)
    if (dir === undefined) return { ok: false, error: '--resume-from needs --job: it goes on with a job that exists' }
    if (!existsSync(join(dir, 'job.json'))) {
      return {
        ok: false,
        error: `there is no job in ${dir} to resume: leave --resume-from out, and the run begins at the front`,
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
    if (values.length > 1) return { ok: false, error: `--take names '${step}' ${values.length} times` }
    if (!/^[1-9]\d{0,8}$/.test(text))
      return { ok: false, error: `--take takes STEP=N with a number from 1 on, not '${text}'` }
    takes[step] = Number(text)
  }
  return { ok: true, value: takes }
}
