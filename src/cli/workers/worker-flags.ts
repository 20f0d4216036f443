import { devices } from '../../core/index.ts'
import type { Flags, FlagValues } from '../command-line/flag.ts'
import { configFlags, remoteFlags, storeFlags } from '../command-line/run-flags.ts'

/** The flags of `reprise worker`. */
export const workerFlags = {
  orders: {
    kind: 'text',
    value: 'PLACE',
    description:
      'Where orders come from: a folder that the machines share, or redis://HOST:PORT; by default that of the config.',
  },
  pool: {
    kind: 'text',
    value: 'NAME',
    description: 'The pool whose steps are executed; by default that of the config, or gpu.',
  },
  slots: {
    kind: 'count',
    value: 'N',
    description: 'How many steps at once, each in a process of its own; by default 1.',
  },
  device: {
    kind: 'choice',
    choices: ['auto', ...devices],
    description: 'The device that steps compute on; by default the best one found.',
  },
  name: {
    kind: 'text',
    value: 'NAME',
    description: 'What people call the worker; by default the name of the machine.',
  },
  once: { kind: 'switch', description: 'Ends after one step.' },
  for: { kind: 'duration', value: 'TIME', description: 'Takes no more steps after this time, such as 30m.' },
  idle: { kind: 'duration', value: 'TIME', description: 'Ends when it has had nothing to do for this time.' },
  grace: {
    kind: 'duration',
    value: 'TIME',
    description: 'After Ctrl-C or SIGTERM, gives steps back that are not done after this time; by default 10m.',
  },
  'work-dir': {
    kind: 'text',
    value: 'DIR',
    description: 'Where files of steps lie while they run, on a local disk; by default the temporary directory.',
  },
  ...storeFlags,
  ...remoteFlags,
  ...configFlags,
} as const satisfies Flags

export type WorkerFlags = FlagValues<typeof workerFlags>

/** What the process of a slot is started with. */
export interface SlotSettings {
  readonly flags: WorkerFlags
  readonly store: string | undefined
}
