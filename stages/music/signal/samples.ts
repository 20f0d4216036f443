/** The samples of one channel of a song: in memory, or in a file that is read as they are asked for. */
export type Samples = Pick<Float32Array, 'length'> & { readonly subarray: (from: number, to: number) => Float32Array }

/** Returns the samples from `from` on, as many as `into` has; those before the first and after the last are 0. */
export function readSamples(samples: Samples, from: number, into: Float64Array): void {
  const first = Math.max(0, from)
  const part = samples.subarray(first, Math.max(first, Math.min(samples.length, from + into.length)))
  const offset = first - from
  for (let at = 0; at < into.length; at++) into[at] = part[at - offset] ?? 0
}
