import { loadPipelines } from '../../config/pipelines.ts'
import { buildGraph, stepNames, unknownName } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import { executionFlags } from '../command-line/run-flags.ts'
import { chooseJob } from './job-choice.ts'
import { runJob } from './run-job.ts'

/** `reprise stage`: runs one step of a job, and nothing else. */
export const stageCommand = command({
  name: 'stage',
  description: 'Runs one step of a job alone.',
  positionals: [{ name: 'name', description: 'A step of the job, as its status shows them.', required: true }],
  flags: {
    job: { kind: 'text', value: 'DIR', description: 'The job directory.' },
    param: { kind: 'texts', letter: 'p', value: 'name=value', description: 'Changes a param of the job; repeatable.' },
    force: { kind: 'switch', letter: 'f', description: 'Executes the step, also when there is a result.' },
    ...executionFlags,
  },
  notes: `It gives what the same step gives in a run of the whole pipeline, and needs the results of the steps before it.
All items of a fan-out are run: 'reprise stage translate' translates into every language of the job.`,
  examples: [
    { line: 'reprise stage recognize --job ./subtitles-talk', does: 'runs the speech recognition of a job' },
    { line: 'reprise stage subtitles --job ./subtitles-talk --force', does: 'writes the subtitles again' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd } = context
    const [name = ''] = positionals
    if (flags.job === undefined)
      return usageError(context, 'stage', `--job is missing: reprise stage ${name} --job DIR`)
    const [pipelines, { readJob }] = await Promise.all([
      loadPipelines(cwd, flags.config),
      import('../../engine/index.ts'),
    ])
    if (!pipelines.ok) return usageError(context, 'stage', pipelines.error)
    const words = { pipelineName: undefined, paths: [], namedPaths: [], params: flags.param, jobDir: flags.job, cwd }
    const job = await chooseJob(words, pipelines.value, readJob)
    if (!job.ok) return usageError(context, 'stage', job.error)
    const graph = buildGraph(job.value.pipeline, job.value.params)
    const names = graph.ok ? stepNames(graph.value.steps) : [name]
    if (!names.includes(name)) return usageError(context, 'stage', unknownName('step', name, names))
    const selection = { steps: [name], ...(flags.force ? { force: true } : {}) }
    return runJob({ job: job.value, selection, flags }, context)
  },
})
