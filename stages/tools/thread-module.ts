/**
 * Returns where the module of a stage's thread is: its source or, in the build, the file of that name beside the bundles.
 * The build makes one of each module that is named `*-thread.ts`.
 */
export function threadModule(source: URL): URL {
  if (import.meta.url.endsWith('.ts')) return source
  const name = source.pathname.split('/').at(-1) ?? ''
  return new URL(`./${name.replace(/\.ts$/, '.js')}`, import.meta.url)
}
