import { buildGraph, stepNames, unknownName } from '../../core/index.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import { executionFlags, executionGroups } from '../command-line/run-flags.ts'
import { chooseJob, loadPipelinesFor } from './job-choice.ts'
import { runJob } from './run-job.ts'

/** `reprise stage`: runs one step of a job, and no other. */
export const stageCommand = command({
  name: 'stage',
  description: 'Runs one step of a job, and no other.',
  positionals: [
    { name: 'name', description: "The name of a step of the job, as 'reprise status' shows them.", required: true },
  ],
  flags: {
    job: { kind: 'text', value: 'DIR', description: 'The job directory; required.' },
    param: {
      kind: 'texts',
      letter: 'p',
      value: 'name=value',
      description: 'A param, in place of the one that the job has; repeatable.',
    },
    force: { kind: 'switch', letter: 'f', description: 'Executes the step, even with a cached result.' },
    ...executionFlags,
  },
  flagGroups: {
    'WHICH STEP': ['job', 'param', 'force'],
    'WHAT TO DO': ['dry-run', 'fail-on-miss', 'offline'],
    ...executionGroups,
  },
  notes: `A stage is a kind of work; a step is a stage placed in a pipeline. This command runs one step alone, and gives the
same result as in a run of the whole pipeline. The steps before it must have results already. Of a fan-out it runs all
items: 'reprise stage translate --job DIR' translates into every language of the job.`,
  examples: [
    { line: 'reprise stage recognize --job ./subtitles-talk', does: 'runs the speech recognition of a job' },
    { line: 'reprise stage subtitles --job ./subtitles-talk --force', does: 'writes the subtitles again' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd } = context
    const [name = ''] = positionals
    if (flags.job === undefined)
      return usageError(context, 'stage', `--job DIR is required: reprise stage ${name} --job DIR`)
    const [pipelines, { readJob }] = await Promise.all([
      loadPipelinesFor({ config: flags.config, job: flags.job }, context),
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
