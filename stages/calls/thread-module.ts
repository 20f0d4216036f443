const isBuilt = !import.meta.url.endsWith('.ts')

/** Returns where a thread of `calls` is: beside its source or, in the build, beside the bundles. */
export function callsThread(name: string): URL {
  return new URL(isBuilt ? `./calls-${name}.js` : `./threads/${name}.ts`, import.meta.url)
}
