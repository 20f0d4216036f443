/** What an output says apart from what differs from one machine, or one run, to the next, and the width of columns. */
export function shapeOf(line: string): string {
  return line
    .replace(/ in this job; the nearest result has .*/, '')
    .replace(/\bpid \d+/g, 'PID')
    .replace(/, peak \d+(\.\d+)? [kMG]?B\b/g, '')
    .replace(/\b\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?/g, 'TIME')
    .replace(/\b\d+(\.\d+)?(ms|[smhd])( \d+(\.\d+)?(ms|[smh]))*\b/g, 'TIME')
    .replace(/\b\d+(\.\d+)? [kMGT]?B\b/g, 'SIZE')
    .replace(/\b[0-9a-f]{8,64}\b(\.\.)?/g, 'HASH')
    .replace(/\bv?\d+\.\d+(\.\d+)*(-[\w.+~-]+)?/g, 'VERSION')
    .replace(/\s+/g, ' ')
    .trim()
}

/** A line of a page that stands for any number of lines. */
const elision = '...'

/**
 * Says whether an output has the shape of what a page shows. Lines may come in any order, because steps that run side by
 * side do; where the page leaves lines out, there may be more of them.
 */
export function hasShape(output: readonly string[], shown: readonly string[]): boolean {
  const left = shapes(output)
  for (const line of shapes(shown)) {
    if (line === elision) continue
    const at = left.indexOf(line)
    if (at < 0) return false
    left.splice(at, 1)
  }
  return left.length === 0 || leavesOut(shown)
}

export function leavesOut(shown: readonly string[]): boolean {
  return shown.some((line) => line.trim() === elision)
}

function shapes(lines: readonly string[]): string[] {
  return lastingLines(lines).map(shapeOf)
}

/** Returns what stays in a terminal: a line that says that a step runs is replaced there by how it ended. */
export function lastingLines(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.trim() !== '' && !/^\S+ +RUNNING\b/.test(line))
}
