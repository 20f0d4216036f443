/** Its own types are a package of their own; this is what of it is used. */
declare module 'picomatch' {
  export default function picomatch(pattern: string): (path: string) => boolean
}
