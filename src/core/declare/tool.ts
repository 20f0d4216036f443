/** How to install a tool, by system. */
export interface InstallAdvice {
  readonly debian?: string
  readonly fedora?: string
  readonly macos?: string
  readonly other?: string
}

/** A file or directory of data that determines what a tool computes; its digest is part of the key. */
export interface ModelFile {
  readonly name: string
  readonly path: string
}

/** A program that a stage runs. Its name, version and models are part of the key of every step that uses it. */
export interface Tool {
  readonly name: string
  /** The program's name on PATH, or an absolute path. */
  readonly command: string
  /** How to ask for the version. It is remembered by the program's stat, so an unchanged program is asked once. */
  readonly version: {
    readonly args: readonly string[]
    /** Returns the version from what the program printed (stdout, then stderr), or undefined if there is none. */
    readonly parse: (printed: string) => string | undefined
  }
  readonly models?: readonly ModelFile[]
  /** Returns more advice when the tool or its models are missing: alternatives. */
  readonly hint?: () => string | undefined
  readonly install: InstallAdvice
}

/** A tool on this machine: its identity in the key, and its path. */
export interface ToolIdentity {
  readonly name: string
  /** `null` if the program does not tell: then the step's result is not kept. */
  readonly version: string | null
  /** Model name to digest, `b3:` and 64 digits. */
  readonly models?: Readonly<Record<string, string>>
}

/** Defines a tool. */
export function defineTool(tool: Tool): Tool {
  return tool
}

/** Returns how to install a tool, for the systems it names. */
export function describeInstall(install: InstallAdvice): string {
  const ways = [
    install.debian === undefined ? undefined : `Debian: apt-get install ${install.debian}`,
    install.fedora === undefined ? undefined : `Fedora: dnf install ${install.fedora}`,
    install.macos === undefined ? undefined : `macOS: brew install ${install.macos}`,
    install.other,
  ].filter((way) => way !== undefined)
  return ways.join('; ')
}
