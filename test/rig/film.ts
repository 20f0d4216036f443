import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { runProgram } from './command.ts'

const makeSample = resolve(import.meta.dirname, '../../scripts/make-sample.sh')

/** Returns the path of a short talking film, which is made once for all tests. Tests copy it and leave it as it is. */
export async function sampleFilm(sentences = 2): Promise<string> {
  const dir = join(tmpdir(), `reprise-sample-${process.getuid?.() ?? 'user'}`)
  const film = join(dir, `talk-${sentences}.mp4`)
  if (existsSync(film)) return film
  mkdirSync(dir, { recursive: true })
  const unfinished = join(dir, `making-${process.pid}-${performance.now()}.mp4`)
  await runProgram('sh', [makeSample, unfinished, String(sentences)], dir)
  renameSync(unfinished, film)
  return film
}
