import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { definePipeline, defineStage } from '../../../src/core/index.ts'

const kinds = {
  // Two seconds of tone, two of silence, and so on.
  'tone.wav': '-f lavfi -i aevalsrc=0.6*sin(880*t)*lt(mod(t\\,4)\\,2):d=12:s=16000 -ac 1',
  'film.mp4':
    '-f lavfi -i testsrc2=d=12:s=320x180:r=10 -f lavfi -i sine=d=12 -pix_fmt yuv420p -c:v libx264 -g 20 -c:a aac',
  'old.mkv': '-f lavfi -i testsrc2=d=3:s=320x180:r=10 -f lavfi -i sine=d=3 -c:v mpeg2video -c:a ac3',
  'sound.ac3': '-f lavfi -i sine=d=3 -c:a ac3',
  'silent.mp4': '-f lavfi -i testsrc2=d=1:s=64x64:r=5 -pix_fmt yuv420p -c:v libx264',
} as const

export type MediaName = keyof typeof kinds

/** Returns the path of a small film or sound, made once for all tests. */
export function smallMedia(name: MediaName): string {
  const dir = join(tmpdir(), `reprise-media-${process.getuid?.() ?? 'user'}`)
  const path = join(dir, name)
  if (existsSync(path)) return path
  mkdirSync(dir, { recursive: true })
  const made = join(mkdtempSync(join(dir, 'making-')), name)
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...kinds[name].split(' '), made])
  renameSync(made, path)
  return path
}

const copy = defineStage({
  name: 'copy',
  version: 1,
  inputs: {},
  params: z.object({ from: z.string() }),
  outputs: { all: 'all/' },
  run({ params, outputs }) {
    for (const path of params.from.split('\n')) copyFileSync(path, join(outputs.all, path.split('/').at(-1) ?? ''))
  },
})

/** A pipeline whose output are copies of files. */
export const copying = definePipeline({
  name: 'copying',
  inputs: {},
  params: z.object({ from: z.string() }),
  build: ({ step, params }) => ({ all: step(copy, {}, { params: { from: params.from } }).all }),
})
