import { devices } from '../../core/index.ts'
import { type LogLevel, logLevels } from '../../report/terminal/log-level.ts'
import type { Positional } from './command-line.ts'
import type { Flags, FlagValues } from './flag.ts'

/** Where the store is; every command that opens a store and is not about a job takes it. */
export const storeFlags = {
  store: {
    kind: 'text',
    value: 'DIR',
    description: 'The store; by default REPRISE_STORE, or a store in the cache directory of the user.',
  },
} as const satisfies Flags

/** Where the store of a job is; every command about a job takes it. */
export const jobStoreFlags = {
  store: {
    kind: 'text',
    value: 'DIR',
    description:
      "The store; by default REPRISE_STORE, the store that the job used last, or one in the user's cache directory.",
  },
} as const satisfies Flags

/** Where the user's own pipelines are; every command that looks up a pipeline takes it. */
export const configFlags = {
  config: {
    kind: 'text',
    value: 'FILE',
    description:
      'The config with your own pipelines; by default the one that the job used last, or reprise.config.ts, .mts, .js or .mjs in this directory or the nearest one above it.',
  },
} as const satisfies Flags

/** Which remote is behind the store. */
export const remoteFlags = {
  remote: {
    kind: 'text',
    value: 'URL',
    description:
      "The team's cache behind the store: a directory, or an address; by default REPRISE_REMOTE, or the remote of the config.",
  },
} as const satisfies Flags

/** Which job is meant; every command that can start a job takes them. */
export const jobFlags = {
  job: { kind: 'text', value: 'DIR', description: 'The job directory; by default ./PIPELINE-INPUT.' },
  param: { kind: 'texts', letter: 'p', value: 'name=value', description: 'A param of the pipeline; repeatable.' },
  input: {
    kind: 'texts',
    letter: 'i',
    value: 'name=path',
    description: 'An input of the pipeline by its name; repeatable.',
  },
} as const satisfies Flags

export const jobPositionals: readonly Positional[] = [
  {
    name: 'pipeline',
    description: "The name of a pipeline, as 'reprise list' shows them; by default that of the job.",
  },
  { name: 'input', description: "Files or directories, in the order of the pipeline's inputs.", many: true },
]

/** How a run executes, and what it writes. */
export const executionFlags = {
  device: {
    kind: 'choice',
    choices: ['auto', ...devices],
    description: 'The device that steps compute on; by default the device of the job, or else the best one found.',
  },
  jobs: {
    kind: 'count',
    letter: 'j',
    value: 'N',
    description: 'How many steps run at once; by default the number of CPU cores.',
  },
  pool: {
    kind: 'texts',
    value: 'NAME=N',
    description: 'The number of slots of a pool: cpu, gpu, io, or a pool of your own; repeatable.',
  },
  workers: {
    kind: 'texts',
    value: 'POOL=PLACE',
    description:
      "Has workers execute a pool's steps; its orders go to a folder, slurm:FOLDER or redis://HOST:PORT; repeatable.",
  },
  'no-workers': { kind: 'switch', description: 'Executes every step on this machine.' },
  'keep-going': {
    kind: 'switch',
    letter: 'k',
    description: 'After a failure, still runs all steps that do not depend on the failed one.',
  },
  timeout: {
    kind: 'duration',
    value: 'TIME',
    description: 'Fails the run after this time, such as 2h or 90m; finished steps are kept.',
  },
  'fail-on-miss': {
    kind: 'switch',
    description: 'Executes nothing: fails at the first step without a cached result, and says why it has none.',
  },
  offline: {
    kind: 'switch',
    description:
      'Asks no language model: answers that are stored are used, and a step that would ask for another one fails.',
  },
  'dry-run': {
    kind: 'switch',
    letter: 'n',
    description: 'Shows which steps would be executed and why, and executes nothing.',
  },
  link: {
    kind: 'choice',
    choices: ['auto', 'copy', 'hardlink'],
    description:
      'How files get from the store into the job directory; hardlink shares read-only files with the store. By default auto.',
  },
  lint: {
    kind: 'switch',
    description:
      'Reports steps that change inputs, write outside their workspace or leave processes running, and then exits with 1.',
  },
  json: { kind: 'switch', description: 'Writes every event to stdout, one JSON object per line.' },
  notify: {
    kind: 'switch',
    description:
      'Rings the bell of the terminal when a run of more than a minute ends, and shows a notice where it can.',
  },
  'log-level': { kind: 'choice', choices: logLevels, description: 'How much is written to stderr; by default info.' },
  quiet: { kind: 'switch', letter: 'q', description: 'Short for --log-level error.' },
  verbose: { kind: 'switch', letter: 'v', description: 'Short for --log-level debug.' },
  ...jobStoreFlags,
  ...remoteFlags,
  'no-remote': { kind: 'switch', description: "Uses no team's cache, only the store of this machine." },
  'remote-required': {
    kind: 'switch',
    description: 'Exits with 4 where the remote does not answer, or lacks a result in the end.',
  },
  ...configFlags,
} as const satisfies Flags

/** The groups of these flags in `--help`. */
export const jobGroup = ['job', 'param', 'input'] as const
export const executionGroups = {
  'HOW IT RUNS': ['device', 'jobs', 'pool', 'workers', 'no-workers', 'keep-going', 'timeout', 'link', 'lint'],
  OUTPUT: ['json', 'notify', 'log-level', 'quiet', 'verbose'],
  'STORE AND CONFIG': ['store', 'remote', 'no-remote', 'remote-required', 'config'],
} as const

export type ExecutionFlags = FlagValues<typeof executionFlags>

/** Returns the level of the log on stderr. */
export function chosenLogLevel(flags: Pick<ExecutionFlags, 'log-level' | 'quiet' | 'verbose'>): LogLevel {
  return flags['log-level'] ?? (flags.quiet ? 'error' : flags.verbose ? 'debug' : 'info')
}
