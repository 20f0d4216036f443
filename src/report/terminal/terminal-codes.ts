import { pathToFileURL } from 'node:url'

type Environment = Readonly<Record<string, string | undefined>>

/** What some terminals show beside text and colours; nothing where a terminal is not known to. */
export interface TerminalCodes {
  /** Shows how much is done in the taskbar or the tab; undefined takes it away. */
  readonly progress?: (percent: number | undefined) => string
  /** Makes a text a link to a file. */
  readonly link?: (text: string, path: string) => string
  /** Rings the bell, and shows a notice on the desktop where the terminal can. */
  readonly notice: (text: string) => string
}

const [osc, end] = ['\u001b]', '\u0007']

/** Returns what the terminal of an environment can show; undefined where there is none. */
export function terminalCodes(isTerminal: boolean, env: Environment): TerminalCodes | undefined {
  if (!isTerminal || env.TERM === 'dumb') return undefined
  return {
    ...(showsProgress(env) ? { progress } : {}),
    ...(showsLinks(env) ? { link } : {}),
    notice: (text) => (showsNotices(env) ? `${osc}9;${text}${end}` : '') + end,
  }
}

/** Source: https://learn.microsoft.com/windows/terminal/tutorials/progress-bar-sequences */
function progress(percent: number | undefined): string {
  return percent === undefined ? `${osc}9;4;0;0${end}` : `${osc}9;4;1;${percent}${end}`
}

/** Source: https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda */
function link(text: string, path: string): string {
  return `${osc}8;;${pathToFileURL(path).href}${end}${text}${osc}8;;${end}`
}

/** The terminals of which cargo knows it; others print the code, or take it for a notice. */
function showsProgress(env: Environment): boolean {
  const { WT_SESSION, ConEmuANSI, TERM_PROGRAM = '', TERM_FEATURES = '', TMUX } = env
  if (TMUX !== undefined) return false
  const isITerm = TERM_PROGRAM === 'iTerm.app' && TERM_FEATURES.includes('P')
  return WT_SESSION !== undefined || ConEmuANSI === 'ON' || ['WezTerm', 'ghostty'].includes(TERM_PROGRAM) || isITerm
}

/** VTE shows links from 0.50 on; a remote file is not where the terminal looks for it. */
function showsLinks(env: Environment): boolean {
  const { WT_SESSION, TERM_PROGRAM = '', TERM = '', VTE_VERSION = '0', KONSOLE_VERSION, CI, SSH_CONNECTION } = env
  if (CI !== undefined || SSH_CONNECTION !== undefined || env.TMUX !== undefined) return false
  const named = ['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'Hyper'].includes(TERM_PROGRAM)
  return (
    named ||
    TERM === 'xterm-kitty' ||
    WT_SESSION !== undefined ||
    KONSOLE_VERSION !== undefined ||
    Number(VTE_VERSION) >= 5000
  )
}

function showsNotices({ TERM_PROGRAM = '', TERM = '', TMUX }: Environment): boolean {
  return TMUX === undefined && (['iTerm.app', 'WezTerm', 'ghostty'].includes(TERM_PROGRAM) || TERM === 'xterm-kitty')
}
