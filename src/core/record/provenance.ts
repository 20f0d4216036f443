/** A file, directory or JSON value that a job read or made. */
export interface ProvenanceFile {
  readonly name: string
  /** `b3:` and 64 digits. */
  readonly digest: string
  /** Inside the job directory; absent for an input from elsewhere, and where nothing lies there any more. */
  readonly path?: string
  /** The last part of the path from which it was read, where that is known. */
  readonly fileName?: string
  readonly isDirectory: boolean
  readonly sizeBytes?: number
}

/** How a step's result came to be. Times are ISO 8601. */
export interface ProvenanceStep {
  readonly step: string
  readonly stage: string
  readonly stageVersion: number
  /** The key of the result in the store. */
  readonly key: string
  readonly params: Readonly<Record<string, unknown>>
  readonly device: string
  readonly tools: readonly { readonly name: string; readonly version?: string }[]
  readonly startedAt: string
  readonly endedAt: string
  readonly failure?: string
  readonly used: readonly ProvenanceFile[]
  readonly made: readonly ProvenanceFile[]
}

/** What a job was made of, by what, and when. */
export interface JobProvenance {
  /** The name of the job directory. */
  readonly job: string
  readonly pipeline: string
  readonly runnerVersion: string
  readonly params: Readonly<Record<string, unknown>>
  readonly startedAt: string
  readonly endedAt: string
  readonly hasFailed: boolean
  /** By the names of the pipeline's inputs. */
  readonly inputs: readonly ProvenanceFile[]
  /** By the names of the pipeline's outputs. */
  readonly outputs: readonly ProvenanceFile[]
  /** Those that have a result or failed, in the order of the job's directories. */
  readonly steps: readonly ProvenanceStep[]
}
