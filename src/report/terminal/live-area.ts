/** The lines at the bottom of a terminal that are drawn again and again. */
export interface LiveArea {
  /** Replaces what is shown. */
  show(lines: readonly string[]): void
  /** Takes away what is shown, so that other text can be written. */
  clear(): void
}

/** Returns a live area on a terminal. Its library is loaded here, because most runs with nothing to do never draw. */
export async function openLiveArea(stream: NodeJS.WriteStream): Promise<LiveArea> {
  const { createLogUpdate } = await import('log-update')
  // The cursor stays: hiding it would need handlers of signals that are not the reporter's to handle.
  const update = createLogUpdate(stream, { showCursor: true })
  return {
    show: (lines) => update(lines.join('\n')),
    clear: () => update.clear(),
  }
}
