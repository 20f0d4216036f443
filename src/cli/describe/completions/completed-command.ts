/** A command as a shell completes it. */
export interface CompletedCommand {
  /** The words after `reprise`; none for the program itself. */
  readonly path: readonly string[]
  readonly description: string
  /** What may follow besides a file: the names of commands, or of pipelines. */
  readonly words: readonly string[]
  readonly flags: readonly CompletedFlag[]
}

export interface CompletedFlag {
  readonly name: string
  readonly letter?: string
  readonly description: string
  readonly takesValue: boolean
  /** The values that it takes; none where it takes any. */
  readonly choices: readonly string[]
}

/** Returns a text in single quotes, as bash and zsh read it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
