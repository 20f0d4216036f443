import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { defineTool, demucsVenv, type Tool } from 'reprise'
import { percentProgress } from '../tools/percent.ts'
import type { SeparateRequest, Separator, SeparatorSettings } from './separator.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The variable that names a folder of one's own models of demucs, as its option `--repo` does. */
const repoVariable = 'REPRISE_DEMUCS_REPO'

/**
 * Returns the Python that has demucs: that of the virtual environment which Reprise installs, or which
 * REPRISE_DEMUCS_VENV names; else that of the command `demucs`. Undefined where there is none.
 */
export function demucsPython(env: Environment = process.env): string | undefined {
  const venv = demucsVenv(env)
  if (venv !== undefined && hasDemucs(venv)) return join(venv, 'bin', 'python')
  const dirs = [...(env.PATH ?? '').split(delimiter), ...(env.HOME === undefined ? [] : [join(env.HOME, '.local/bin')])]
  for (const dir of dirs) {
    const command = join(dir, 'demucs')
    const python = dir.startsWith('/') && existsSync(command) ? interpreterOf(command) : undefined
    if (python !== undefined && existsSync(python)) return python
  }
  return undefined
}

function hasDemucs(venv: string): boolean {
  const lib = join(venv, 'lib')
  if (!existsSync(join(venv, 'bin', 'python')) || !existsSync(lib)) return false
  return readdirSync(lib).some((name) => existsSync(join(lib, name, 'site-packages', 'demucs', 'separate.py')))
}

/** A command that pip made says in its first lines which Python runs it. What cannot be read is no such command. */
function interpreterOf(command: string): string | undefined {
  const start = beginningOf(command)
  return /^#!\s*(\/\S*python[\d.]*)\s*$/m.exec(start)?.[1] ?? /'''exec' "?(\/[^"\n]*python[\d.]*)/.exec(start)?.[1]
}

function beginningOf(path: string): string {
  try {
    return readFileSync(path, 'latin1').slice(0, 1000)
  } catch {
    return ''
  }
}

const askVersions = 'from importlib.metadata import version as v; print("demucs", v("demucs"), "torch", v("torch"))'

/** Returns demucs as a program, with one's own models as what decides its results. */
export function demucsTool(env: Environment = process.env): Tool {
  const repo = env[repoVariable]
  return defineTool({
    name: 'demucs',
    command: demucsPython(env) ?? '/nonexistent/demucs',
    version: {
      // In one word with its option, what is asked is not taken for a script that may change.
      args: [`-c${askVersions}`],
      parse: (printed) => /^demucs (\S+) torch (\S+)/m.exec(printed)?.slice(1).join(' with torch '),
    },
    models: repo === undefined || repo === '' ? [] : [{ name: 'models of demucs', path: repo }],
    install: { other: 'reprise models install demucs, or run again with --auto-install-demucs' },
  })
}

/** Shifts are random, so what is random gets the seed; then demucs does what its command does. */
const script = `import random, sys
import torch
random.seed(int(sys.argv[1]))
torch.manual_seed(int(sys.argv[1]))
from demucs.separate import main
main(sys.argv[2:])`

/** Returns the arguments of Python that separate a sound into `vocals.wav` and `no_vocals.wav` in a directory. */
export function demucsArgs(
  { sound, device, settings }: Pick<SeparateRequest, 'sound' | 'device' | 'settings'>,
  directory: string,
  repo: string | undefined,
): string[] {
  const { model, shifts, seed, segmentS } = settings
  return [
    ...['-c', script, String(seed), '-n', model],
    ...(repo === undefined || repo === '' ? [] : ['--repo', repo]),
    ...['-d', device, '--shifts', String(shifts)],
    ...(segmentS === undefined ? [] : ['--segment', String(segmentS)]),
    ...['--two-stems', 'vocals', '--float32', '--clip-mode', 'none'],
    ...['-o', directory, '--filename', '{stem}.{ext}', sound],
  ]
}

/** Separates with demucs (Défossez, "Hybrid spectrogram and waveform source separation", 2021), on the device of the step. */
export const demucs: Separator = {
  tools: () => [demucsTool()],
  async separate(host, request) {
    const { settings, voices, rest } = request
    const tellProgress = percentProgress(host)
    let missing: string | undefined
    const onStderrLine = (line: string) => {
      tellProgress(line)
      missing ??= missingWeights(line)
    }
    const args = demucsArgs(request, host.tempDir, process.env[repoVariable])
    await host.exec(demucsTool(), args, { onStderrLine }).catch((error: unknown) => {
      if (missing === undefined) throw error
      return host.fail(
        `demucs cannot get the weights of its model ${settings.model} (${missing}): fetch them once where there is a network, ` +
          `put the model into a folder of your own and name that by ${repoVariable}, or choose -p separator=spleeter or signal`,
      )
    })
    const made = join(host.tempDir, madeIn(settings))
    await rename(join(made, 'vocals.wav'), voices)
    await rename(join(made, 'no_vocals.wav'), rest)
  },
}

/** How Python says that there is no network or that a server lacks the model, and demucs that a folder lacks it. */
const notFetched = /URLError: <urlopen error (?:\[[^\]]*\] )?([^>]*)>|(HTTP Error \d+.*)|(.*pre-trained model.*)/

/** Returns why demucs lacks the weights of its model, where a line of it says so. */
export function missingWeights(line: string): string | undefined {
  const [, network, server, folder] = notFetched.exec(line) ?? []
  return (network ?? server ?? folder)?.trim()
}

/** Demucs makes a directory that is called like the model. */
function madeIn({ model }: SeparatorSettings): string {
  return model.replace('hf://', '').replaceAll('/', '_')
}
