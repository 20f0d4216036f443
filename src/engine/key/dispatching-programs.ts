import { closeSync, openSync, readSync, realpathSync } from 'node:fs'
import { basename, sep } from 'node:path'

/** Folders of version managers: what is there runs another program, which it chooses when it is called. */
const managed = /[/\\](shims|\.volta|\.cargo[/\\]bin|\.proto|corepack|\.asdf|\.rbenv|\.pyenv|aquaproj-aqua)[/\\]/
/** Folders whose programs their package manager replaces as a whole. */
const installed = /^\/(usr\/)?s?bin\/|^\/(nix|gnu)\/store\//
/** Programs that run what their arguments name. */
const launchers =
  /^(python|pypy|node|deno|bun|bunx|npx|npm|pnpm|pnpx|yarn|tsx|uv|uvx|pip|pipx|poetry|pdm|hatch|conda|mamba|micromamba|pixi|java|ruby|bundle|perl|php|lua|luajit|julia|Rscript|dotnet|mono|wine|sh|bash|dash|zsh|ksh|fish|env|xargs|sudo|nice|nohup|docker|podman|apptainer|singularity|snap|flatpak|nix|guix|mise|asdf|volta|rustup|cargo|go)$/
/** What a script says that runs another program. */
const runsAnother = /\bexec|\$[@*]|%\*|spawn|subprocess|child_process|os\.system|runpy/
const readBytes = 65_536

/**
 * Returns whether another program does what a program is asked, and may be replaced while this one stays the same: it is
 * the shim of a version manager, a link to one, a script that calls another program, or an interpreter that is told what
 * to run.
 */
export function isDispatching(path: string, args: readonly string[]): boolean {
  const real = realpathSync(path)
  if (managed.test(path + sep) || managed.test(real + sep)) return true
  if (launchers.test(plainName(path)) && args.some((arg) => !arg.startsWith('-'))) return true
  const start = startOf(real)
  if (start.startsWith('#!') && !installed.test(real) && runsAnother.test(start)) return true
  // A package that is written for an interpreter has a link to a file of it.
  if (/\.\w+$/.test(basename(real)) && start.startsWith('#!')) return false
  // One program under many names does for each what it finds: `ffmpeg` is a link to `mise`.
  const [asked, found] = [plainName(path), plainName(real)]
  return !asked.includes(found) && !found.includes(asked)
}

/** Returns the interpreter of a script, as its first line names it; undefined for what is none. */
export function interpreterOf(path: string): string | undefined {
  return /^#!\s*(.+)/.exec(startOf(path))?.[1]?.trim()
}

function plainName(path: string): string {
  return basename(path).replace(/[\d.-]*(\.exe)?$/, '')
}

function startOf(path: string): string {
  const bytes = Buffer.alloc(readBytes)
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, readBytes, 0))
  } catch {
    return ''
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
