import { defineTool, type Tool } from 'reprise'

const modelRoot = '/usr/share/pocketsphinx/model/en-us'

/** The paths of the English model: acoustic model, language model, dictionary. */
export const englishModel = {
  acoustic: `${modelRoot}/en-us`,
  language: `${modelRoot}/en-us.lm.bin`,
  dictionary: `${modelRoot}/cmudict-en-us.dict`,
} as const

/**
 * Returns what stands for pocketsphinx's version in what it prints when it is called without arguments.
 * The program tells no version; the list of its options and their defaults is what differs between releases.
 */
export function pocketsphinxVersion(printed: string): string | undefined {
  const start = printed.indexOf('[NAME]')
  if (start < 0) return undefined
  const options = printed
    .slice(start)
    .split('\n')
    .filter((line) => line.startsWith('-'))
  return `options-${process.getBuiltinModule('node:crypto').createHash('sha256').update(options.join('\n')).digest('hex').slice(0, 12)}`
}

/** The speech recognizer with its model of US English. */
export const pocketsphinx: Tool = defineTool({
  name: 'pocketsphinx',
  command: 'pocketsphinx_continuous',
  version: { args: [], parse: pocketsphinxVersion },
  models: [{ name: 'en-us', path: modelRoot }],
  install: {
    debian: 'pocketsphinx pocketsphinx-en-us',
    other: 'elsewhere: build pocketsphinx 5prealpha, with its model in /usr/share/pocketsphinx/model/en-us',
  },
})

/** Returns the arguments that recognize a 16 kHz mono WAV file, a line for each word with its time and confidence. */
export function recognizeArgs(audio: string): string[] {
  return [
    ...['-hmm', englishModel.acoustic, '-lm', englishModel.language, '-dict', englishModel.dictionary],
    ...['-infile', audio, '-time', 'yes', '-logfn', '/dev/null'],
  ]
}
