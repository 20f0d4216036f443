import { defineTool } from 'reprise'

/** The small speech synthesizer of English. */
export const flite = defineTool({
  name: 'flite',
  command: 'flite',
  version: { args: ['--version'], parse: (printed) => /\bflite-([\d.]+\S*)/.exec(printed)?.[1] },
  install: { debian: 'flite', fedora: 'flite', other: 'http://www.festvox.org/flite' },
})

/** Returns the arguments that speak a text file into a WAV file. */
export function fliteArgs({
  voice,
  speed,
  text,
  wav,
}: {
  readonly voice: string
  readonly speed: number
  readonly text: string
  readonly wav: string
}): string[] {
  return ['-voice', voice, '--setf', `duration_stretch=${(1 / speed).toFixed(4)}`, '-f', text, '-o', wav]
}
