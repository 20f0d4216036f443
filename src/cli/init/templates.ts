/** A config to begin with. */
export interface Template {
  readonly description: string
  /** What `reprise.config.ts` says. */
  readonly config: string
  /** Commands to try it with. */
  readonly tries: readonly string[]
}

const words: Template = {
  description: 'counts the words of a text; needs no programs',
  config: `import { readFile } from 'node:fs/promises'
import { defineConfig, definePipeline, defineStage, json } from 'reprise'
import { z } from 'zod'

const count = defineStage({
  name: 'count',
  version: 1, // raise it when the same inputs give other outputs
  inputs: { text: 'file' },
  params: z.object({ longest: z.number().int().positive() }),
  outputs: { words: json(z.record(z.string(), z.number())) },
  async run({ inputs, params, log }) {
    const words: Record<string, number> = {}
    for (const word of (await readFile(inputs.text, 'utf8')).toLowerCase().match(/\\p{L}+/gu) ?? [])
      if (word.length <= params.longest) words[word] = (words[word] ?? 0) + 1
    log(\`\${Object.keys(words).length} different words\`)
    return { words }
  },
})

export const words = definePipeline({
  name: 'words',
  description: 'Counts the words of a text',
  inputs: { text: 'file' },
  params: z.object({ longest: z.number().int().positive().default(40).describe('leaves out longer words') }),
  build: ({ step, inputs, params }) => step(count, { text: inputs.text }, { params }),
})

export default defineConfig({ pipelines: [words] })
`,
  tries: [
    'reprise run words reprise.config.ts',
    'reprise run words reprise.config.ts -p longest=5',
    'reprise explain ./words-reprise.config',
  ],
}

const recordings: Template = {
  description: 'levels every recording of a folder, and lists them; needs ffmpeg',
  config: `import { writeFile } from 'node:fs/promises'
import { defineConfig, definePipeline, defineStage, files, json, many } from 'reprise'
import { ffmpeg } from 'reprise/stages'
import { z } from 'zod'

const Level = z.object({ path: z.string(), meanDb: z.number() })

const measure = defineStage({
  name: 'measure',
  version: 1, // raise it when the same inputs give other outputs
  inputs: { recording: 'file', path: json(z.string()) },
  outputs: { level: json(Level) },
  tools: [ffmpeg],
  async run({ inputs, exec, fail }) {
    const sound = \`file:\${inputs.recording}\`
    const args = ['-nostdin', '-hide_banner', '-i', sound, '-af', 'volumedetect', '-f', 'null', '-']
    const { stderrTail } = await exec(ffmpeg, args)
    const meanDb = /mean_volume: (\\S+) dB/.exec(stderrTail)?.[1]
    if (meanDb === undefined) fail('ffmpeg measured no volume: is there any sound in it?')
    return { level: { path: inputs.path, meanDb: Number(meanDb) } }
  },
})

const level = defineStage({
  name: 'level',
  version: 1,
  inputs: { recording: 'file', level: json(Level) },
  params: z.object({ targetDb: z.number() }),
  outputs: { levelled: 'levelled.wav' },
  tools: [ffmpeg],
  async run({ inputs, params, outputs, exec }) {
    const filter = \`volume=\${(params.targetDb - inputs.level.meanDb).toFixed(1)}dB\`
    // Without the name of the encoder in it, the same sound has the same bytes.
    const bitexact = ['-fflags', '+bitexact', '-flags:a', '+bitexact']
    await exec(ffmpeg, ['-nostdin', '-i', \`file:\${inputs.recording}\`, '-af', filter, ...bitexact, outputs.levelled])
  },
})

const list = defineStage({
  name: 'list',
  version: 1,
  inputs: { levels: many(json(Level)) },
  outputs: { table: 'levels.csv' },
  run: ({ inputs, outputs }) =>
    writeFile(outputs.table, inputs.levels.map(({ path, meanDb }) => \`\${path},\${meanDb}\\n\`).join('')),
})

export const recordings = definePipeline({
  name: 'recordings',
  description: 'Levels every recording of a folder',
  inputs: { folder: 'tree' },
  params: z.object({ targetDb: z.number().default(-20).describe('mean volume, in dB') }),
  build({ step, each, inputs, params }) {
    // A file that is added runs its own steps, and what gathers them.
    const made = each(files(inputs.folder, '**/*.{wav,mp3,flac,ogg,m4a}'), ({ file: recording, path }) => {
      const { level: measured } = step(measure, { recording, path })
      return { ...step(level, { recording, level: measured }, { params }), level: measured }
    })
    return { levelled: made.levelled, ...step(list, { levels: made.level }) }
  },
})

export default defineConfig({ pipelines: [recordings] })
`,
  tries: [
    'reprise run recordings FOLDER',
    'reprise run recordings FOLDER -p targetDb=-16',
    'reprise report ./recordings-FOLDER',
  ],
}

const transcript: Template = {
  description:
    'recognizes a talk with the stages that ship, and writes what was said as a text; needs ffmpeg and a recognizer',
  config: `import { writeFile } from 'node:fs/promises'
import { defineConfig, definePipeline, defineStage, json } from 'reprise'
import { chooseRecognizer, demux, recognize, Transcript } from 'reprise/stages'

const write = defineStage({
  name: 'write',
  version: 1, // raise it when the same inputs give other outputs
  inputs: { speech: json(Transcript) },
  outputs: { text: 'transcript.txt' },
  run({ inputs, outputs }) {
    const minutes = (seconds: number) => \`\${Math.floor(seconds / 60)}:\${String(Math.floor(seconds % 60)).padStart(2, '0')}\`
    const lines = inputs.speech.utterances.map(({ startS, text }) => \`\${minutes(startS)}  \${text}\\n\`)
    return writeFile(outputs.text, lines.join(''))
  },
})

export const transcript = definePipeline({
  name: 'transcript',
  description: 'Writes what is said in a film or a recording',
  inputs: { video: 'file' },
  build({ step, inputs }) {
    const { audio, info } = step(demux, { video: inputs.video }, { params: { language: 'en' } })
    const { speech } = step(recognize, { audio, info }, { params: chooseRecognizer('auto', 'en') })
    return step(write, { speech })
  },
})

export default defineConfig({ pipelines: [transcript] })
`,
  tries: ['reprise doctor', 'reprise run transcript talk.mp4', 'reprise models list'],
}

/** The templates by name, the first being the one that is taken by default. */
export const templates: ReadonlyMap<string, Template> = new Map([
  ['words', words],
  ['recordings', recordings],
  ['transcript', transcript],
])
