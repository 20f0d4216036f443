const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const

export type StyleName = keyof typeof codes

/** Styles text for a terminal. */
export type Style = (name: StyleName, text: string) => string

/** Leaves text unstyled. */
export const plainStyle: Style = (_name, text) => text

const ansiStyle: Style = (name, text) => `\u001b[${codes[name][0]}m${text}\u001b[${codes[name][1]}m`

/** Returns how to style text: in colour on a terminal, unless NO_COLOR is set. Source: https://no-color.org. */
export function styleFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const refused = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb'
  return isTerminal && !refused ? ansiStyle : plainStyle
}
