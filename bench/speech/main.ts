import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeTalk } from '../retime/talk.ts'
import { measureInTimes } from './in-times.ts'
import { ofLibrivox, type Recording, recordingsIn, synthesized } from './recordings.ts'
import { measureVoices } from './voices.ts'
import { comparedWords, wordErrors } from './word-errors.ts'

const usage = `npm run bench:speech -- [DIR] [--language CODE] [--match TEXT] [--recognizer NAME ...] [--talk SECONDS] [--whole] [--show]

  DIR              recordings, each with a .txt of the same name or a line in transcripts.tsv (name, tab, text);
                   without it: sentences of LibriVox where Debian's pocketsphinx-testdata is installed, and synthesized ones
  --language CODE  the language that is spoken; en by default
  --match TEXT     only recordings whose names have this
  --recognizer     whisper-base, whisper-tiny.en or pocketsphinx; those that are installed by default
  --voices         measures voices instead: each speaks, and whisper-base listens
  --in-times       measures when subtitles begin instead, in a talk of two minutes, or of --talk
  --talk SECONDS   joins the recordings with pauses to a talk of that length, and recognizes that
  --whole          recognizes each recording at once, not in segments
  --show           prints what was recognized
`

interface Set {
  readonly name: string
  readonly recordings: readonly Recording[]
}

/** Measures the word error rate and the time of recognizers, prints a table, and returns the exit code. */
export function main(args: readonly string[], cli: string): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      language: { type: 'string' },
      match: { type: 'string', default: '' },
      recognizer: { type: 'string', multiple: true },
      voices: { type: 'boolean', default: false },
      'in-times': { type: 'boolean', default: false },
      talk: { type: 'string' },
      whole: { type: 'boolean', default: false },
      show: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    return 0
  }
  const { language = 'en', show, whole } = values
  const scratch = mkdtempSync(join(tmpdir(), 'reprise-speech-'))
  try {
    if (values.voices) {
      measureVoices({ cli, scratch, show }, values.language)
      return 0
    }
    if (values['in-times']) {
      const recognizers = values.recognizer ?? ['whisper-tiny.en', 'whisper-base']
      measureInTimes({ cli, scratch, lengthS: Number(values.talk ?? 120), recognizers })
      return 0
    }
    const [dir] = positionals
    const sets: readonly Set[] =
      dir === undefined
        ? [
            { name: 'LibriVox', recordings: ofLibrivox() },
            { name: 'synthesized', recordings: synthesized(scratch) },
          ]
        : [{ name: dir, recordings: recordingsIn(resolve(dir)).filter(({ path }) => path.includes(values.match)) }]
    const names = values.recognizer ?? ['pocketsphinx', 'whisper-tiny.en', 'whisper-base']
    console.log(
      '| recordings | recognizer | word error rate | words | speech | CPU time |\n| --- | --- | --- | --- | --- | --- |',
    )
    for (const { name, recordings: apart } of sets) {
      if (apart.length === 0) continue
      const recordings = values.talk === undefined ? apart : [talkOf(apart, Number(values.talk), scratch)]
      for (const recognizer of names)
        console.log(rowOf({ cli, scratch, language, show, whole, recognizer }, name, recordings))
    }
    return 0
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Joins recordings to a talk. */
function talkOf(recordings: readonly Recording[], lengthS: number, scratch: string): Recording {
  const { path, cues } = makeTalk({ recordings, output: join(scratch, 'talk.wav'), lengthS, seed: 7 })
  return { path, text: cues.map(({ text }) => text).join(' ') }
}

interface Measuring {
  readonly cli: string
  readonly scratch: string
  readonly language: string
  readonly show: boolean
  readonly whole: boolean
  readonly recognizer: string
}

function rowOf(measuring: Measuring, name: string, recordings: readonly Recording[]): string {
  const sum = { errors: 0, words: 0, seconds: 0, cpuMs: 0 }
  for (const recording of recordings) {
    const heard = recognize(measuring, recording)
    if (heard === undefined) return `| ${name} | ${measuring.recognizer} | cannot be run here | | | |`
    const truth = comparedWords(recording.text)
    if (measuring.show) console.error(`${heard.text}\n  ${recording.text}`)
    sum.errors += wordErrors(truth, comparedWords(heard.text))
    sum.words += truth.length
    sum.seconds += heard.seconds
    sum.cpuMs += heard.cpuMs
  }
  const rate = ((100 * sum.errors) / sum.words).toFixed(1)
  const cells = [`${rate} %`, sum.words, `${sum.seconds.toFixed(0)} s`, `${(sum.cpuMs / 1000).toFixed(0)} s`]
  return `| ${name}, ${recordings.length} | ${measuring.recognizer} | ${cells.join(' | ')} |`
}

interface Heard {
  readonly text: string
  readonly seconds: number
  readonly cpuMs: number
}

/** Recognizes one recording by the pipeline, up to its transcript; undefined where the recognizer cannot run. */
function recognize({ cli, scratch, language, whole, recognizer }: Measuring, { path }: Recording): Heard | undefined {
  const job = join(scratch, 'job')
  rmSync(job, { recursive: true, force: true })
  const last = whole ? 'recognize' : 'stitch'
  const segments = whole ? 'off' : 'auto'
  const params = ['-p', `recognizer=${recognizer}`, '-p', `language=${language}`, '-p', `segments=${segments}`]
  const args = ['run', 'subtitles', path, '--job', job, '--store', join(scratch, 'store'), '--to', last, ...params]
  try {
    execFileSync(process.execPath, [cli, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    if (error instanceof Error && 'stderr' in error) console.error(String(error.stderr).trim())
    return undefined
  }
  const transcript: unknown = JSON.parse(readFileSync(join(job, `02_${last}`, 'speech.json'), 'utf8'))
  const utterances = field(transcript, 'utterances')
  const texts = Array.isArray(utterances)
    ? utterances.map((utterance: unknown) => String(field(utterance, 'text')))
    : []
  return {
    text: texts.join(' '),
    seconds: Number(field(transcript, 'durationS')),
    cpuMs: cpuTimeMs(job),
  }
}

/** Returns the CPU time of all steps but the first, which takes the sound out of its file. */
function cpuTimeMs(job: string): number {
  const manifests = readdirSync(job, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('manifest.json') && !path.startsWith('01_'),
  )
  return manifests.reduce((sum, path) => {
    const manifest: unknown = JSON.parse(readFileSync(join(job, path), 'utf8'))
    return sum + (Number(field(manifest, 'cpu_time_ms')) || 0)
  }, 0)
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
