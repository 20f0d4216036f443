import { ffmpeg, type ToolHost } from './ffmpeg.ts'

/** Returns the names of the codecs that ffmpeg decodes, from what `ffmpeg -codecs` prints. */
export function parseDecoders(printed: string): ReadonlySet<string> {
  return new Set([...printed.matchAll(/^ ?D[E.][VASDT]\S{3} (\S+)/gm)].map(([, name = '']) => name))
}

/** Returns the names of the codecs that ffmpeg decodes. It knows the names of more than that. */
export async function decoders(host: Pick<ToolHost, 'exec'>): Promise<ReadonlySet<string>> {
  return parseDecoders((await host.exec(ffmpeg, ['-hide_banner', '-codecs'])).stdout)
}
