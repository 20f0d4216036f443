import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { areVerified, type Fetching, inScratch, scratchDir, verifiedPath } from '../fetch/fetching.ts'
import { downloadNpm, unpackNpm } from '../fetch/npm-package.ts'
import { keepVerified } from '../fetch/verified-file.ts'
import { type Runtime, type RuntimePackage, thisSystem } from '../registry/model.ts'
import { runtimeDir } from '../registry/models-home.ts'

/** Installs the library that runs a model, unless it is there, into a directory that holds it alone. */
export async function installRuntime(fetching: Fetching, runtime: Runtime): Promise<void> {
  const { home, progress } = fetching
  const target = runtimeDir(home, runtime)
  if ((await stat(target).catch(() => undefined)) !== undefined) return
  const packages = runtime.packages.filter(({ system = thisSystem() }) => system === thisSystem())
  for (const one of packages) {
    if (areVerified(fetching, [one.sha256])) continue
    const { name, sizeBytes, sha256 } = one
    progress.onStep(`fetching ${name} ${runtime.version} with npm`)
    await inScratch(fetching, async (dir) => {
      const archive = await downloadNpm(fetching, { name, version: runtime.version, sizeBytes }, dir)
      await keepVerified(archive, verifiedPath(fetching, sha256), sha256, `${name} ${runtime.version}`, fetching.signal)
    })
  }
  const aside = await scratchDir(home)
  try {
    for (const one of packages) {
      const dir = join(aside, 'node_modules', one.name)
      await unpackNpm(fetching, verifiedPath(fetching, one.sha256), dir, neededPaths(one))
    }
    await mkdir(dirname(target), { recursive: true })
    await rename(aside, target).catch(async (error: unknown) => {
      // Another installation may have been faster.
      if ((await stat(target).catch(() => undefined)) === undefined) throw error
    })
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
  await Promise.all(packages.map(({ sha256 }) => rm(verifiedPath(fetching, sha256), { force: true })))
}

function neededPaths({ only }: RuntimePackage): readonly string[] | undefined {
  return only?.map((path) => path.replace('PLATFORM', process.platform).replace('ARCH', process.arch))
}
