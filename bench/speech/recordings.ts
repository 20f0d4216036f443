import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'

/** A recording, and what is said in it. */
export interface Recording {
  readonly path: string
  readonly text: string
}

/** Where Debian's pocketsphinx-testdata has sentences read for LibriVox. */
const librivox = '/usr/share/pocketsphinx/test/data/librivox'

const sentences = [
  'Good morning, and welcome to the workshop.',
  'Today we will talk about the history of our city.',
  'The river is very important for the people who live here.',
  'Many years ago, there was a small market near the bridge.',
  'On every Monday, the farmers came to sell their bread.',
  'Now the children of the city play in the park near the school.',
  'After the meeting, we will walk to the bridge together.',
]

/** Makes recordings of sentences with a voice of flite. */
export function synthesized(dir: string, voice = 'slt'): readonly Recording[] {
  return sentences.map((text, index) => {
    const path = join(dir, `${voice}-${index + 1}.wav`)
    execFileSync('flite', ['-voice', voice, '-t', text, '-o', path])
    return { path, text }
  })
}

/** Returns the recordings of LibriVox, none where they are not installed. */
export function ofLibrivox(): readonly Recording[] {
  const list = join(librivox, 'transcription')
  if (!existsSync(list)) return []
  return readFileSync(list, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, text, name] = /^<s> (.*?)\s*<\/s> \((.*)\)/.exec(line) ?? []
      return text === undefined || name === undefined ? [] : [{ path: join(librivox, `${name}.wav`), text }]
    })
}

/** Returns the recordings of a directory, each with a `.txt` of the same name or a line in `transcripts.tsv`. */
export function recordingsIn(dir: string): readonly Recording[] {
  const listed = new Map<string, string>()
  const list = join(dir, 'transcripts.tsv')
  for (const line of existsSync(list) ? readFileSync(list, 'utf8').split('\n') : []) {
    const [name, text] = line.split('\t')
    if (name !== undefined && text !== undefined) listed.set(name, text)
  }
  return readdirSync(dir)
    .sort()
    .flatMap((name) => {
      if (['.txt', '.tsv'].includes(extname(name))) return []
      const beside = join(dir, `${basename(name, extname(name))}.txt`)
      const text = listed.get(name) ?? (existsSync(beside) ? readFileSync(beside, 'utf8') : undefined)
      return text === undefined ? [] : [{ path: join(dir, name), text }]
    })
}
