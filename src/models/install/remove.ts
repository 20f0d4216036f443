import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Result } from '../../../store/index.ts'
import { verifiedPath } from '../fetch/fetching.ts'
import { placeOf } from '../registry/installed.ts'
import type { Model } from '../registry/model.ts'
import { asDiskError, type ModelFailure } from '../registry/model-failure.ts'
import { modelDir, runtimeDir } from '../registry/models-home.ts'

/** Removes a model, what an interrupted installation of it has left, and its runtime where no other model needs it. */
export async function removeModel(
  model: Model,
  known: readonly Model[],
  home: string,
): Promise<Result<{ readonly wasThere: boolean }, ModelFailure>> {
  const dir = modelDir(home, model.name)
  const wasThere = existsSync(dir)
  const { runtime } = model
  const isShared = known.some(
    (other) => other !== model && other.runtime === runtime && existsSync(placeOf(other, home).path),
  )
  const fetched = model.sources.flatMap((source) =>
    source.kind === 'address' ? [source.sha256] : source.parts.flatMap(({ files }) => Object.values(files)),
  )
  const paths = [
    dir,
    ...fetched.flatMap((sha256) => [verifiedPath({ home }, sha256), `${verifiedPath({ home }, sha256)}.part`]),
    ...(isShared || runtime === undefined ? [] : [runtimeDir(home, runtime)]),
  ]
  try {
    for (const path of paths) await rm(path, { recursive: true, force: true })
    return { ok: true, value: { wasThere } }
  } catch (error) {
    const disk = asDiskError(error, dir)
    if (disk === undefined) throw error
    return { ok: false, error: { kind: 'disk', path: disk.path, code: disk.code } }
  }
}
