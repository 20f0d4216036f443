import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SourceError } from '../registry/model-failure.ts'
import { download, type Fetching } from './fetching.ts'

export interface NpmPackage {
  readonly name: string
  readonly version: string
  readonly sizeBytes: number
}

/** Downloads the archive of a package from the registry that the user's npm is configured for; npm checks its digest. */
export async function downloadNpm(fetching: Fetching, { name, version, sizeBytes }: NpmPackage, dir: string) {
  const args = ['pack', `${name}@${version}`, '--pack-destination', dir, '--ignore-scripts', '--loglevel=error']
  await download(fetching, { command: 'npm', args, dir, bytesTotal: sizeBytes })
  const archive = (await readdir(dir)).find((file) => file.endsWith('.tgz'))
  if (archive === undefined) throw new SourceError(`npm downloaded no archive of ${name}`)
  return join(dir, archive)
}

/** Unpacks some paths of a package's archive, or all. */
export async function unpackNpm(fetching: Fetching, archive: string, dir: string, only?: readonly string[]) {
  await mkdir(dir, { recursive: true })
  const paths = only === undefined ? [] : only.map((path) => `package/${path}`)
  const args = ['-xzf', archive, '-C', dir, '--strip-components=1', '--no-same-owner', ...paths]
  await download(fetching, { command: 'tar', args, dir, bytesTotal: 0 })
}
