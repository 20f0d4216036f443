/** The packages that stay outside the bundles. */
export declare const outside: string[]

/** Puts what loads quickly in the place of what would take long, as a plugin of Rolldown or Vite. */
export declare const leanNatives: {
  readonly name: string
  readonly resolveId: (id: string) => string | undefined
  readonly load: (id: string) => string | undefined
}
