import { shellWord } from '../../core/shell-word.ts'

/** How a worker is started on a node. */
export interface WorkerLaunch {
  /** The program: node and a module, or whatever the nodes have. */
  readonly program: readonly string[]
  /** The flags of `reprise worker` but those about its job. */
  readonly args: readonly string[]
  /** The directory of the run, which the nodes see. */
  readonly cwd: string
  /** The environment of the run; a job gets some of it. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What a job may know of the environment of the run: nothing that is a secret. */
const passedOn = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'LD_LIBRARY_PATH']
const passedPrefixes = ['XDG_', 'REPRISE_', 'LC_']
const secrets = ['REPRISE_REMOTE_SIGNING_KEY']

/** Set in workers that a batch system starts. */
export const jobVariable = 'REPRISE_WORKER_JOB'

/** Returns the script of a job: it becomes a worker that takes orders until there are none. */
export function jobScript(
  { program, args, cwd, env }: WorkerLaunch,
  {
    task,
    setup,
    passed,
    flags,
  }: {
    /** An expression of the shell that names the job. */
    readonly task: string
    readonly setup: readonly string[]
    /** Further names of variables. */
    readonly passed: readonly string[]
    /** Words of the shell, such as `"${TMPDIR:-/tmp}/store"`. */
    readonly flags: readonly string[]
  },
): string {
  const names = Object.keys(env).filter(
    (name) =>
      passed.includes(name) ||
      ((passedOn.includes(name) || passedPrefixes.some((prefix) => name.startsWith(prefix))) &&
        !secrets.includes(name)),
  )
  const exported = names
    .filter((name) => /^[A-Za-z_]\w*$/.test(name))
    .sort()
    .map((name) => `export ${name}=${shellWord(env[name] ?? '')}`)
  const command = [...program, 'worker', ...args].map(shellWord)
  return [
    '#!/bin/sh',
    ...exported,
    `export ${jobVariable}=1`,
    `cd ${shellWord(cwd)} || exit 1`,
    ...setup,
    `exec ${[...command, '--name', `"\${SLURMD_NODENAME:-$(hostname -s)}-"${task}`, ...flags].join(' ')}`,
    '',
  ].join('\n')
}
