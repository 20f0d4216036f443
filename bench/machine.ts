import { execFileSync } from 'node:child_process'
import { readFileSync, statfsSync } from 'node:fs'
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'

/** Where a bench ran: without it, its numbers say nothing. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly fileSystem: string
  readonly node: string
  readonly peers: Readonly<Record<string, string>>
}

/** The magic numbers of statfs(2). Source: linux/magic.h. */
const fileSystems: Readonly<Record<number, string>> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  16914836: 'tmpfs',
  2035054128: 'overlayfs',
  801189825: 'zfs',
}

/** Describes this machine, and the file system of `dir`. */
export function describeMachine(dir: string): Machine {
  const { type } = statfsSync(dir)
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${systemName()}, ${release()}, ${arch()}`,
    fileSystem: fileSystems[type] ?? `type 0x${type.toString(16)}`,
    node: process.version,
    peers: { b3sum: firstLine('b3sum'), sha256sum: firstLine('sha256sum'), cp: firstLine('cp') },
  }
}

/** Returns a machine in one line of Markdown. */
export function machineText({ cpu, cores, memoryGiB, system, fileSystem, node, peers }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB; ${system}; ${fileSystem}; Node ${node}; ${Object.values(peers).join(', ')}`
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="(.+)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? platform()
  } catch {
    return platform()
  }
}

function firstLine(command: string): string {
  try {
    return (
      execFileSync(command, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0] ??
      ''
    )
  } catch {
    return `${command} is not here`
  }
}
