import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import { printable } from '../../report/text/printable.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { usageError, writeError } from '../command-line/error-line.ts'
import type { Flags, FlagValues } from '../command-line/flag.ts'
import { interruptOn } from '../command-line/interrupt.ts'

/** The program that separates voices best, which is no part of Reprise and large. */
export const demucsFlags = {
  'auto-install-demucs': {
    kind: 'switch',
    description:
      'Installs demucs before the run, unless it is there, for -p separator=demucs; with PyTorch, it takes several GB.',
  },
  'demucs-venv': {
    kind: 'text',
    value: 'DIR',
    description:
      'The virtual environment of Python with demucs; by default REPRISE_DEMUCS_VENV, or one beside the models of the user.',
  },
} as const satisfies Flags

/**
 * Says to the stages where demucs is, and installs it where that is asked for. It comes before the steps are built: what
 * is installed decides what separates. Returns the exit code of a failure.
 */
export async function prepareDemucs(
  flags: FlagValues<typeof demucsFlags> & { readonly 'dry-run': boolean },
  context: CliContext,
): Promise<number | undefined> {
  const { cwd, env } = context
  const chosen = flags['demucs-venv']
  if (chosen === undefined && !flags['auto-install-demucs']) return undefined
  const { demucsVenv, demucsVenvVariable, describeModelFailure, installDemucs } = await import('../../models/index.ts')
  if (chosen !== undefined) process.env[demucsVenvVariable] = resolve(cwd, chosen)
  if (!flags['auto-install-demucs'] || flags['dry-run']) return undefined
  const venv = chosen === undefined ? demucsVenv(env) : resolve(cwd, chosen)
  if (venv === undefined) return usageError(context, 'run', describeModelFailure({ kind: 'no-home' }))
  const interrupt = interruptOn(process, () => {})
  try {
    const onStep = (text: string) => void context.stderr.write(`demucs: ${printable(text)}\n`)
    const request = { venv, env, progress: { onStep, onBytes: () => {} }, signal: interrupt.signal }
    const installed = await installDemucs(request)
    if (installed.ok) return undefined
    writeError(context, 'run', describeModelFailure(installed.error))
    return installed.error.kind === 'interrupted' ? exitCodes.interrupted : exitCodes.toolMissing
  } finally {
    interrupt.dispose()
  }
}
