import { describe, expect, it } from 'vitest'
import { pocketsphinx, pocketsphinxVersion, recognizeArgs } from '../../../stages/tools/pocketsphinx.ts'

const usage = `ERROR: "cmd_ln.c", line 682: No arguments given, available options are:
Arguments list definition:
[NAME]\t[DEFLT]\t[DESCR]
-agc\tnone\tAutomatic gain control
-cmn\tlive\tCepstral mean normalization
`

describe('pocketsphinxVersion', () => {
  it('is the same for the same options, wherever the program logs from', () => {
    const version = pocketsphinxVersion(usage)
    expect(version).toMatch(/^options-[0-9a-f]{12}$/)
    expect(pocketsphinxVersion(`INFO: something else\n${usage}\nINFO: continuous.c(295): Specify`)).toBe(version)
  })

  it('is another when a default changes', () => {
    expect(pocketsphinxVersion(usage.replace('live', 'current'))).not.toBe(pocketsphinxVersion(usage))
  })

  it('is not known where no options are printed', () => {
    expect(pocketsphinxVersion('not found')).toBeUndefined()
  })
})

describe('recognizeArgs', () => {
  it('names every part of the model that is in the key', () => {
    const [model] = pocketsphinx.models ?? []
    const args = recognizeArgs('/w/audio.wav')
    for (const option of ['-hmm', '-lm', '-dict']) {
      expect(args[args.indexOf(option) + 1]).toMatch(new RegExp(`^${model?.path}/`))
    }
    expect(args[args.indexOf('-infile') + 1]).toBe('/w/audio.wav')
  })
})
