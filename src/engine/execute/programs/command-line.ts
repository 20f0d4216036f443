/** How much of an argument a log shows: of a script, whose lines are an argument, less than of a path or a filter. */
const longest = { script: 120, other: 2000 }

/** Returns how a log tells that a program is started: its words, the long ones cut, with how much is left out. */
export function commandLine(words: readonly string[], hide: (text: string) => string): string {
  return `$ ${words.map((word) => shown(hide(word))).join(' ')}`
}

function shown(word: string): string {
  const most = word.includes('\n') ? longest.script : longest.other
  if (word.length <= most) return JSON.stringify(word)
  return `${JSON.stringify(word.slice(0, most))} [${word.length - most} more characters of this argument are left out]`
}
