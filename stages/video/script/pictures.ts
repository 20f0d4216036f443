import { createHash } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { defineStage, json, optional, tree } from 'reprise'
import * as z from 'zod/mini'
import type { Document } from '../../documents/document.ts'
import { schema } from '../../schema/schema.ts'
import { anyExitCode, bitexactArgs, ffmpeg, fileUrl, globalArgs } from '../../tools/ffmpeg.ts'

/** The pictures of a document: those that can be shown, with their sizes in pixels, and those that cannot. */
export const DocumentPictures = schema(() =>
  z.object({
    /** `path` is how the document calls it, `name` that of its file. */
    shown: z.array(z.object({ path: z.string(), name: z.string(), width: z.int(), height: z.int() })),
    left: z.array(z.object({ path: z.string(), why: z.string() })),
  }),
)
export type DocumentPictures = StandardSchemaV1.InferOutput<typeof DocumentPictures>

/** More pixels than a frame has do not make a picture sharper. */
const longestSide = 2160

/**
 * How ffmpeg reads a picture, by the bytes that it begins with: it guesses others from the name of a file, and would open
 * what a playlist names.
 */
const decoders: readonly (readonly [demuxer: string, begins: RegExp])[] = [
  ['png_pipe', /^\x89PNG\r\n/],
  ['jpeg_pipe', /^\xff\xd8\xff/],
  ['webp_pipe', /^RIFF....WEBP/s],
  ['gif', /^GIF8/],
  ['bmp_pipe', /^BM/],
  ['tiff_pipe', /^(?:II\*\0|MM\0\*)/],
]

/** Returns how a document calls its pictures, each once. */
export function picturePaths({ sections }: Document): string[] {
  const blocks = sections.flatMap((section) => section.blocks)
  return [...new Set(blocks.flatMap((block) => (block.kind === 'image' ? block.path : [])))]
}

/** Makes the pictures that a document names ready to be drawn, from a folder that has them. */
export const preparePictures = defineStage({
  name: 'pictures',
  version: 3,
  description: 'Finds the pictures that the document names in a folder, and makes them ready to be drawn',
  inputs: { paths: json(schema(() => z.array(z.string()))), folder: optional(tree()) },
  params: schema(() => z.object({})),
  outputs: { folder: 'pictures/', pictures: json(DocumentPictures) },
  tools: [ffmpeg],
  async run({ inputs, outputs, tempDir, exec, log }) {
    const { paths } = inputs
    const there = inputs.folder === undefined ? [] : await readdir(inputs.folder, { recursive: true })
    const made: DocumentPictures = { shown: [], left: [] }
    for (const path of paths) {
      const leave = (why: string) => made.left.push({ path, why })
      if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(path)) {
        leave('it lies on the network: save it beside the document')
        continue
      }
      if (inputs.folder === undefined) {
        leave('no folder of pictures is given: name it with --input pictures=DIR')
        continue
      }
      const found = entryOf(path, there)
      if (found === undefined) {
        leave('it is not in the folder of pictures')
        continue
      }
      const source = join(inputs.folder, found)
      const bytes = await readFile(source).catch(() => Buffer.alloc(0))
      const demuxer = demuxerOf(bytes)
      if (demuxer === undefined && !isSvg(bytes)) {
        leave('it is not a PNG, JPEG, WebP, GIF, BMP, TIFF or SVG: save it as one')
        continue
      }
      // By its bytes: a picture that comes before it in the document changes no other's name.
      const name = `${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}.png`
      const target = join(outputs.folder, name)
      if (demuxer === undefined) {
        const { drawSvg } = await import('../../drawing/svg-picture.ts')
        const drawn = await drawSvg(bytes.toString('utf8'), tempDir)
        if (drawn.ok) await writeFile(target, drawn.value)
        else {
          leave(`it is an SVG that cannot be drawn: ${drawn.error}`)
          continue
        }
      } else {
        const { exitCode } = await exec(ffmpeg, decodeArgs(source, demuxer, target), { okExitCodes: anyExitCode })
        // What was written of it would be drawn as a part of a picture.
        if (exitCode !== 0) await rm(target, { force: true })
      }
      const size = await sizeOfPng(target)
      if (size === undefined) leave('it is damaged or cut off, and cannot be decoded')
      else made.shown.push({ path, name, ...size })
    }
    log(`${made.shown.length} of ${paths.length} pictures`)
    return { pictures: made }
  },
})

function decodeArgs(source: string, demuxer: string, target: string): string[] {
  const side = String(longestSide)
  const scale = `scale='min(${side},iw)':'min(${side},ih)':force_original_aspect_ratio=decrease:flags=lanczos,format=rgba`
  return [
    ...globalArgs(),
    // Half a picture is an error, not a picture.
    ...['-xerror', '-err_detect', 'explode', '-protocol_whitelist', 'file', '-f', demuxer, '-i', fileUrl(source)],
    ...['-frames:v', '1', '-vf', scale, ...bitexactArgs(), '-f', 'image2', '-update', '1', fileUrl(target)],
  ]
}

/**
 * Returns the file of a folder that a document calls by a path, which need not begin at that folder: of
 * `../docs/images/a%20b.png`, the folder may be `docs` or `images`. The longest agreement counts.
 */
export function entryOf(path: string, entries: readonly string[]): string | undefined {
  const parts = decoded(path.replace(/[?#].*$/, ''))
    .split(/[\\/]/)
    .filter((part) => !['', '.', '..'].includes(part))
  for (let from = 0; from < parts.length; from++) {
    const wanted = parts.slice(from).join('/')
    const found = entries.find((entry) => entry.split(/[\\/]/).join('/').normalize() === wanted.normalize())
    if (found !== undefined) return found
  }
  return undefined
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function demuxerOf(bytes: Buffer): string | undefined {
  const start = bytes.toString('latin1', 0, 16)
  return decoders.find(([, begins]) => begins.test(start))?.[0]
}

/** Returns whether a file is an SVG: its first element is one. */
function isSvg(bytes: Buffer): boolean {
  const start = bytes.toString('utf8', 0, 4096).replace(/^\ufeff/, '')
  return /^\s*(?:<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!DOCTYPE[^>[]*(?:\[[\s\S]*?\])?>|\s)*<(?:\w+:)?svg[\s>]/i.test(start)
}

/** Source: PNG specification (third edition), 11.2.1: width and height follow the name of the first chunk. */
async function sizeOfPng(path: string): Promise<{ readonly width: number; readonly height: number } | undefined> {
  try {
    const bytes = await readFile(path)
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
  } catch {
    return undefined
  }
}
