/** Where a command writes to. */
export interface Output {
  write(text: string): void
  readonly isTerminal: boolean
  /** The terminal itself, for what moves the cursor. */
  readonly stream?: NodeJS.WriteStream | undefined
}

/** The width of text outside of a terminal, and the maximum in one. */
const widestText = 110

/** Returns how many characters a line of running text may have. */
export function textWidth({ stream }: Output): number {
  return Math.min(stream?.columns || widestText, widestText)
}

/** What a command knows about the process around it; tests give their own. */
export class CliContext {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Output
  readonly stderr: Output
  /** A clock in milliseconds. */
  readonly now: () => number

  constructor(parts: Omit<CliContext, 'now'> & { readonly now?: () => number }) {
    this.cwd = parts.cwd
    this.env = parts.env
    this.stdout = parts.stdout
    this.stderr = parts.stderr
    this.now = parts.now ?? (() => performance.now())
  }
}

/**
 * Returns the context of the real process. A reader that closes early, as `head` does, is not a failure;
 * for output that cannot be written, as on a full disk, `onLost` is called once.
 */
export function processContext(onLost: (error: NodeJS.ErrnoException) => void): CliContext {
  return new CliContext({
    cwd: process.cwd(),
    env: process.env,
    stdout: outputOf(() => process.stdout, onLost),
    stderr: outputOf(
      () => process.stderr,
      () => {},
    ),
  })
}

/** Each stream is opened on first use, because few commands need both. */
function outputOf(open: () => NodeJS.WriteStream, onLost: (error: NodeJS.ErrnoException) => void): Output {
  let opened: NodeJS.WriteStream | undefined
  /** What the stream had when it was opened: others may get another. */
  let write: NodeJS.WriteStream['write'] = () => true
  let gone = false
  const stream = () => {
    if (opened !== undefined) return opened
    opened = open()
    write = opened.write.bind(opened)
    opened.on('error', (error: NodeJS.ErrnoException) => {
      if (!gone && error.code !== 'EPIPE') onLost(error)
      gone = true
    })
    return opened
  }
  return {
    get isTerminal() {
      return stream().isTTY === true
    },
    get stream() {
      return stream().isTTY === true ? stream() : undefined
    },
    write: (text) => {
      stream()
      if (!gone) write(text)
    },
  }
}
