/** How many characters of a line are kept in logs. */
export const longestLine = 64 * 1024

/** Returns a line that is not too long for a log, and says how much of it is left out. Secrets are hidden before. */
export function cutLine(line: string, leftOutBytes = 0): string {
  if (leftOutBytes === 0 && line.length <= longestLine) return line
  const kept = line.slice(0, longestLine)
  const more = leftOutBytes + Buffer.byteLength(line.slice(longestLine))
  return `${kept} [${more} more bytes of this line are left out]`
}
