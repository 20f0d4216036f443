/** The live lines at the bottom of a terminal. */
export interface LiveArea {
  /** Replaces what is shown. */
  show(lines: readonly string[]): void
  /** Removes what is shown, so that other text can be written. */
  clear(): void
}

/** Returns a live area on a terminal. Its library is imported here, because most runs with nothing to do never draw. */
export async function openLiveArea(stream: NodeJS.WriteStream): Promise<LiveArea> {
  const { createLogUpdate } = await import('log-update')
  // The cursor stays visible: hiding it would need signal handlers, which are not the reporter's.
  const update = createLogUpdate(stream, { showCursor: true })
  return {
    show: (lines) => update(lines.join('\n')),
    clear: () => update.clear(),
  }
}
