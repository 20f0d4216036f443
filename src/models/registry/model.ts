/** A file in a package of a registry that the user's own npm or pip is configured for. */
export interface PackagePart {
  readonly registry: 'npm' | 'pypi'
  readonly name: string
  readonly version: string
  /** The size of what is downloaded. */
  readonly sizeBytes: number
  /** Path in the package to the SHA-256 of the file. */
  readonly files: Readonly<Record<string, string>>
}

/** A file that is downloaded as it is used. */
export interface AddressSource {
  readonly kind: 'address'
  readonly url: string
  readonly sha256: string
  readonly sizeBytes: number
}

/** Files of packages, which are used as they are or converted. */
export interface PackageSource {
  readonly kind: 'packages'
  readonly parts: readonly PackagePart[]
  /** How the files become the one that is used; without it there is only one. */
  readonly conversion?:
    | 'ctranslate2-to-ggml'
    | 'torch-to-safetensors'
    | 'spleeter-to-onnx'
    | 'ge2e-to-onnx'
    | 'voices-to-safetensors'
  /** Of the file that is used. */
  readonly sha256: string
  readonly sizeBytes: number
}

export type ModelSource = AddressSource | PackageSource

/** The weights of a neural network. */
export interface Model {
  readonly name: string
  readonly role: string
  readonly version: string
  /** ISO 639-1, or 639-3 where there is none; empty for a model that knows no language. */
  readonly languages: readonly string[]
  /** The licence of the weights. */
  readonly licence: string
  /** The name of the file that is used. */
  readonly file: string
  /** In the order in which they are tried. */
  readonly sources: readonly ModelSource[]
  /** The library that runs it; absent where Reprise does so itself. */
  readonly runtime?: Runtime
}

/** An npm package of a runtime: one for every system, or one for each. */
export interface RuntimePackage {
  readonly name: string
  readonly sizeBytes: number
  /** SHA-256 of the package's archive. */
  readonly sha256: string
  /** `linux-x64` and its kind; without it, every system needs the package. */
  readonly system?: string
  /** The paths in the package that are needed, all without it; PLATFORM and ARCH stand for those of this system. */
  readonly only?: readonly string[]
}

/** A library that runs models in Node. It is installed with the first model that needs it. */
export interface Runtime {
  readonly name: string
  readonly version: string
  readonly licence: string
  /** The package that is loaded. */
  readonly main: string
  readonly systems: readonly string[]
  readonly packages: readonly RuntimePackage[]
}

/** Returns the name of a system as runtimes name it, such as `linux-x64`. */
export function thisSystem(): string {
  return `${process.platform}-${process.arch}`
}
