import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Result } from '../../../store/index.ts'
import { ProcessSupervisor } from '../../engine/process/process.ts'
import { download, type Fetching, type FetchProgress } from '../fetch/fetching.ts'
import { asDiskError, type ModelFailure, SourceError } from '../registry/model-failure.ts'
import { modelsHome } from '../registry/models-home.ts'

/** The environment variable that names the virtual environment of demucs. */
export const demucsVenvVariable = 'REPRISE_DEMUCS_VENV'
/** Demucs 4.1.0 needs numpy and does not say so. */
const packages = ['demucs==4.1.0', 'numpy']

/** Returns where the virtual environment of demucs is, or would be: what REPRISE_DEMUCS_VENV says, or beside the models. */
export function demucsVenv(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const chosen = env[demucsVenvVariable]
  if (chosen !== undefined && chosen !== '') return resolve(chosen)
  const home = modelsHome(env)
  return home === undefined ? undefined : join(home, 'demucs-venv')
}

/** Returns whether an installation of demucs was completed there. */
export function isDemucsInstalled(venv: string): boolean {
  return existsSync(join(venv, doneFile))
}

const doneFile = 'reprise-installed'

export interface DemucsRequest {
  readonly venv: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly progress: FetchProgress
  readonly signal?: AbortSignal
}

/** Makes a virtual environment of Python with demucs, from the index that the user's pip is configured for. */
export async function installDemucs(
  request: DemucsRequest,
): Promise<Result<{ readonly isNew: boolean }, ModelFailure>> {
  const { venv, env, progress, signal } = request
  if (isDemucsInstalled(venv)) return { ok: true, value: { isNew: false } }
  const home = dirname(venv)
  const supervisor = new ProcessSupervisor(`demucs-${process.pid}`)
  const fetching: Fetching = { home, supervisor, env, progress, signal }
  try {
    await mkdir(home, { recursive: true })
    const python = join(venv, 'bin', 'python')
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input']
    const done = `import demucs.separate; open(${JSON.stringify(join(venv, doneFile))}, "w").close()`
    progress.onStep(`making ${venv}`)
    await download(fetching, { command: 'python3', args: ['-m', 'venv', venv], dir: home, bytesTotal: 0 })
    progress.onStep(`fetching ${packages.join(' and ')} with pip: PyTorch comes along, which may be several GB`)
    await download(fetching, { command: python, args: [...pip, ...packages], dir: home, bytesTotal: 0 })
    progress.onStep('trying it')
    await download(fetching, { command: python, args: ['-c', done], dir: home, bytesTotal: 0 })
    return { ok: true, value: { isNew: true } }
  } catch (error) {
    if (signal?.aborted === true) return { ok: false, error: { kind: 'interrupted', model: 'demucs' } }
    if (error instanceof SourceError)
      return {
        ok: false,
        error: { kind: 'unobtainable', what: 'demucs', tried: [{ source: 'pip', why: error.message }] },
      }
    const disk = asDiskError(error, venv)
    if (disk === undefined) throw error
    return { ok: false, error: { kind: 'disk', path: disk.path, code: disk.code } }
  } finally {
    await supervisor.end()
  }
}
