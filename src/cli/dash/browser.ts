import type { CliContext } from '../command-line/cli-context.ts'

/** Returns the program that opens an address in the browser; undefined where nobody sits before the machine. */
export function browserProgram({ env, stdout }: Pick<CliContext, 'env' | 'stdout'>): string | undefined {
  if (!stdout.isTerminal || env.SSH_CONNECTION !== undefined || env.CI !== undefined) return undefined
  if (process.platform === 'darwin') return 'open'
  if (process.platform !== 'linux') return undefined
  const hasScreen = (env.DISPLAY ?? '') !== '' || (env.WAYLAND_DISPLAY ?? '') !== ''
  return hasScreen ? 'xdg-open' : undefined
}
