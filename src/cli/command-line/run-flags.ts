import { devices } from '../../core/index.ts'
import { type LogLevel, logLevels } from '../../report/terminal/log-level.ts'
import type { Positional } from './command-line.ts'
import type { Flags, FlagValues } from './flag.ts'

/** Where the store is; every command that opens one and is about no job takes it. */
export const storeFlags = {
  store: {
    kind: 'text',
    value: 'DIR',
    description: 'The store; by default REPRISE_STORE, or one a user in the cache directory.',
  },
} as const satisfies Flags

/** Where the store of a job is; every command that is about one takes it. */
export const jobStoreFlags = {
  store: {
    kind: 'text',
    value: 'DIR',
    description: "The store; by default REPRISE_STORE, the job's own, or one a user in the cache directory.",
  },
} as const satisfies Flags

/** Where pipelines of the user's own are; every command that looks one up takes it. */
export const configFlags = {
  config: {
    kind: 'text',
    value: 'FILE',
    description: 'Own pipelines; reprise.config.ts, .js or .mjs of this folder by default.',
  },
} as const satisfies Flags

/** What says which job is meant; every command that begins one takes them. */
export const jobFlags = {
  job: { kind: 'text', value: 'DIR', description: 'The job directory; ./PIPELINE-INPUT by default.' },
  param: { kind: 'texts', letter: 'p', value: 'name=value', description: 'Sets a param of the pipeline; repeatable.' },
  input: { kind: 'texts', letter: 'i', value: 'name=path', description: 'Gives an input by its name; repeatable.' },
} as const satisfies Flags

export const jobPositionals: readonly Positional[] = [
  { name: 'pipeline', description: "One of 'reprise list'; a job's own by default." },
  { name: 'input', description: "Files or folders, in the order of the pipeline's inputs.", many: true },
]

/** How a run is carried out and shown. */
export const executionFlags = {
  device: {
    kind: 'choice',
    choices: ['auto', ...devices],
    description: "Where steps compute; the job's own device, or what is found, by default.",
  },
  jobs: {
    kind: 'count',
    letter: 'j',
    value: 'N',
    description: 'How many steps execute at once; as many as there are cores by default.',
  },
  pool: {
    kind: 'texts',
    value: 'NAME=N',
    description: 'How many slots a pool has: cpu, gpu, io, or one of the stages and the config; repeatable.',
  },
  'keep-going': {
    kind: 'switch',
    letter: 'k',
    description: 'After a failure, executes everything that does not depend on it.',
  },
  timeout: {
    kind: 'duration',
    value: 'TIME',
    description: 'How long the run may take, as in 2h or 90m; it has then failed, and what is done is kept.',
  },
  'fail-on-miss': {
    kind: 'switch',
    description: 'Fails at the first step that has no result, says why it has none, and executes nothing.',
  },
  'dry-run': { kind: 'switch', letter: 'n', description: 'Says what would be executed and why, and executes nothing.' },
  link: {
    kind: 'choice',
    choices: ['auto', 'copy', 'hardlink'],
    description: 'How stored files come into the job: hardlink shares read-only files with the store; auto by default.',
  },
  lint: {
    kind: 'switch',
    description: 'Names steps that change inputs, write elsewhere in the job, or leave processes; exits 1 if one does.',
  },
  json: { kind: 'switch', description: 'Writes every event to stdout, one JSON object a line.' },
  'log-level': { kind: 'choice', choices: logLevels, description: 'How much is said on stderr; info by default.' },
  quiet: { kind: 'switch', letter: 'q', description: 'Short for --log-level error.' },
  verbose: { kind: 'switch', letter: 'v', description: 'Short for --log-level debug.' },
  ...jobStoreFlags,
  ...configFlags,
} as const satisfies Flags

export type ExecutionFlags = FlagValues<typeof executionFlags>

/** Returns how much is to be said. */
export function chosenLogLevel(flags: Pick<ExecutionFlags, 'log-level' | 'quiet' | 'verbose'>): LogLevel {
  return flags['log-level'] ?? (flags.quiet ? 'error' : flags.verbose ? 'debug' : 'info')
}
