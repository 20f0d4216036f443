import { defineTool } from 'reprise'

/** The speech synthesizer that knows about a hundred languages. */
export const espeakNg = defineTool({
  name: 'espeak-ng',
  command: 'espeak-ng',
  version: { args: ['--version'], parse: (printed) => /\beSpeak NG text-to-speech: (\S+)/i.exec(printed)?.[1] },
  install: {
    debian: 'espeak-ng',
    fedora: 'espeak-ng',
    macos: 'espeak-ng',
    other: 'https://github.com/espeak-ng/espeak-ng',
  },
})

/** Returns the arguments that speak standard input into a WAV file. */
export function espeakArgs({
  voice,
  speed,
  wav,
}: {
  readonly voice: string
  readonly speed: number
  readonly wav: string
}): string[] {
  // 175 words a minute is its own default, and fast for listening to.
  return ['-v', voice, '-s', String(Math.round(160 * speed)), '-w', wav, '--stdin']
}
