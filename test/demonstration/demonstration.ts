import { readFileSync, writeFileSync } from 'node:fs'
import type { z as Zod } from 'zod'
import type * as Reprise from '../../src/index.ts'

type Api = Pick<
  typeof Reprise,
  | 'defineConfig'
  | 'definePipeline'
  | 'defineSecret'
  | 'defineService'
  | 'defineStage'
  | 'defineTool'
  | 'json'
  | 'many'
  | 'optional'
  | 'file'
  | 'provide'
  | 'provideLazily'
>

/** What the demonstration shares with those who run it: a client, and a secret that must appear nowhere. */
export const demonstrationSecret = 'demo-token-5f9c"hush'

/**
 * Returns a config whose pipeline `demonstration` has twelve stages that do little, and between them all that a step can
 * do. It takes the interface as an argument, because a test and the command line each have one of their own.
 */
export function demonstration(reprise: Api, z: typeof Zod): Reprise.Config {
  const { defineService, defineSecret, defineTool, json, many, optional, file } = reprise
  const llm = defineService<{ readonly model: string; readonly answer: (text: string) => string }>('llm')
  const attempts = defineService<Map<string, number>>('attempts')
  const token = defineSecret('token')
  const sh = defineTool({
    name: 'sh',
    command: 'sh',
    version: { args: ['-c', 'echo 1'], parse: (printed) => printed.trim() },
    install: { debian: 'dash' },
  })
  const none = z.object({})
  const Song = z.object({
    words: z.array(z.string()),
    parts: z.array(z.object({ id: z.string(), bars: z.array(z.number()) })),
  })
  const Part = Song.shape.parts.element

  const probe = reprise.defineStage({
    name: 'probe',
    version: 1,
    description: 'Reads the song, and tells what is in it.',
    inputs: { song: 'file' },
    params: none,
    outputs: {
      song: json(Song),
      parts: json(Song.shape.parts),
      hasWords: json(z.boolean()),
      isLong: json(z.boolean()),
    },
    run({ inputs }) {
      const song = Song.parse(JSON.parse(readFileSync(inputs.song, 'utf8')))
      return { song, parts: song.parts, hasWords: song.words.length > 0, isLong: song.parts.length > 9 }
    },
  })
  const separate = reprise.defineStage({
    name: 'separate',
    version: 1,
    description: 'Wants more memory than there is, and does with less.',
    inputs: { song: json(Song) },
    params: z.object({ batch: z.number().default(8) }),
    outputs: { voice: 'voice.txt' },
    resources: { pool: 'gpu' },
    onOutOfMemory: [{ params: { batch: 4 } }, { params: { batch: 2 } }],
    run({ inputs, params, outputs, outOfMemory }) {
      if (params.batch > 4) outOfMemory(`a batch of ${params.batch} does not fit`)
      writeFileSync(outputs.voice, inputs.song.words.join(' '))
    },
  })
  const align = reprise.defineStage({
    name: 'align',
    version: 1,
    description: 'Fails once, and is tried again.',
    inputs: { voice: 'file' },
    params: none,
    outputs: { times: json(z.array(z.number())) },
    services: { attempts },
    retry: { attempts: 2, backoff: { initialMs: 1, jitter: 0 } },
    run({ inputs, services, fail }) {
      const tried = services.attempts.get('align') ?? 0
      services.attempts.set('align', tried + 1)
      if (tried === 0) fail('the first attempt always fails')
      return {
        times: readFileSync(inputs.voice, 'utf8')
          .split(' ')
          .map((word) => word.length),
      }
    },
  })
  const lyrics = reprise.defineStage({
    name: 'lyrics',
    version: 1,
    description: 'Taken only where there are words; asks a service with a secret.',
    inputs: { voice: 'file', times: json(z.array(z.number())) },
    params: none,
    outputs: { text: 'lyrics.txt' },
    tools: [sh],
    services: { llm: llm.keyed(({ model }) => model), token },
    resources: { pool: 'api' },
    async run({ inputs, outputs, services, exec, log }) {
      log(`asking with ${services.token}`)
      const asked = services.llm.answer(readFileSync(inputs.voice, 'utf8'))
      await exec(sh, ['-c', 'printf %s "$1" > "$2"', 'sh', asked, outputs.text], { env: { TOKEN: services.token } })
    },
  })
  const choir = reprise.defineStage({
    ...separate,
    name: 'choir',
    description: 'Taken only for long songs, and this one is short.',
    onOutOfMemory: [],
  })
  const translate = reprise.defineStage({
    name: 'translate',
    version: 1,
    description: 'Once for each language that is asked for.',
    inputs: { text: optional(file()) },
    params: z.object({ to: z.string() }),
    outputs: { text: 'text.txt' },
    resources: { pool: 'api' },
    run({ inputs, params, outputs }) {
      writeFileSync(
        outputs.text,
        `${params.to}: ${inputs.text === undefined ? '-' : readFileSync(inputs.text, 'utf8')}`,
      )
    },
  })
  const plan = reprise.defineStage({
    name: 'plan',
    version: 1,
    description: 'Once for each part that the song turns out to have.',
    inputs: { part: json(Part) },
    params: none,
    outputs: { bars: json(z.array(z.number())) },
    run: ({ inputs }) => ({ bars: inputs.part.bars }),
  })
  const cue = reprise.defineStage({
    name: 'cue',
    version: 1,
    description: 'Once for each bar of each part; its cues must not be empty.',
    inputs: { bar: json(z.number()) },
    params: none,
    outputs: { cue: json(z.string()) },
    contracts: [
      {
        name: 'names a bar',
        check: ({ outputs }) => (outputs.cue === '' ? [{ output: 'cue', message: 'it is empty' }] : undefined),
      },
    ],
    run: ({ inputs, progress }) => {
      progress(0.5, 'half of the bar')
      return { cue: inputs.bar < 0 ? '' : `bar ${inputs.bar}` }
    },
  })
  const part = reprise.defineStage({
    name: 'part',
    version: 1,
    description: 'Gathers the cues of one part.',
    inputs: { cues: many(json(z.string())) },
    params: none,
    outputs: { sheet: 'sheet.txt' },
    run: ({ inputs, outputs }) => writeFileSync(outputs.sheet, inputs.cues.join('\n')),
  })
  const stall = reprise.defineStage({
    name: 'stall',
    version: 1,
    description: 'Takes too long; what does not need it goes on.',
    inputs: { song: json(Song) },
    params: none,
    outputs: { text: 'text.txt' },
    timeoutMs: 20,
    onFailure: { 'timed-out': 'continue' },
    run: ({ signal }) =>
      new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  })
  const polish = reprise.defineStage({
    name: 'polish',
    version: 1,
    description: 'Needs what takes too long, and is skipped.',
    inputs: { text: 'file' },
    params: none,
    outputs: { text: 'text.txt' },
    run: ({ inputs, outputs }) => writeFileSync(outputs.text, readFileSync(inputs.text)),
  })
  const mix = reprise.defineStage({
    name: 'mix',
    version: 1,
    description: 'Gathers everything, on two slots at once.',
    inputs: { sheets: many(file()), texts: many(file()), cues: many(json(z.string())), choir: optional(file()) },
    params: none,
    outputs: { show: 'show.txt', counts: json(z.array(z.number())) },
    resources: { slots: 2 },
    run({ inputs, outputs }) {
      const read = [...inputs.sheets, ...inputs.texts].map((path) => readFileSync(path, 'utf8'))
      writeFileSync(outputs.show, `${read.join('\n--\n')}\n`)
      return {
        counts: [inputs.sheets.length, inputs.texts.length, inputs.cues.length, inputs.choir === undefined ? 0 : 1],
      }
    },
  })

  const pipeline = reprise.definePipeline({
    name: 'demonstration',
    description: 'Does a little of everything.',
    inputs: { song: 'file' },
    params: z.object({ to: z.array(z.string()).default(['es', 'fr']) }),
    build({ step, each, inputs, params }) {
      const { song, parts, hasWords, isLong } = step(probe, { song: inputs.song })
      const { voice } = step(separate, { song })
      const { times } = step(align, { voice })
      const { text } = step(lyrics, { voice, times }, { when: hasWords })
      const extra = step(choir, { song }, { when: isLong })
      const texts = each(params.to, (to) => step(translate, { text }, { params: { to } }))
      const sheets = each(parts, (item) => {
        const { cue: cues } = each(step(plan, { part: item }).bars, (bar) => step(cue, { bar }))
        return { sheet: step(part, { cues }).sheet, cues }
      })
      const polished = step(polish, { text: step(stall, { song }).text })
      const { show, counts } = step(mix, {
        sheets: sheets.sheet,
        texts: texts.text,
        cues: sheets.cues,
        choir: extra.voice,
      })
      return { show, counts, texts: texts.text, polished: polished.text }
    },
  })
  const client = { model: 'tiny', answer: (text: string) => text.toUpperCase() }
  return reprise.defineConfig({
    pipelines: [pipeline],
    pools: { api: 1 },
    services: [
      reprise.provideLazily(llm, () => client),
      reprise.provide(attempts, new Map<string, number>()),
      reprise.provide(token, demonstrationSecret),
    ],
  })
}

/** A song as `probe` reads it. */
export const song = JSON.stringify({
  words: ['hey', 'jude'],
  parts: [
    { id: 'verse', bars: [1, 2] },
    { id: 'chorus', bars: [3] },
  ],
})
