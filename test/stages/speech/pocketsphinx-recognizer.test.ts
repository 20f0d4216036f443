import { describe, expect, it } from 'vitest'
import { parseLine, UtteranceReader } from '../../../stages/speech/pocketsphinx-recognizer.ts'

const printed = `good morning and
<s> 0.000 0.150 1.000300
good 0.160 0.430 1.000200
morning 0.440 0.950 1.000100
and(2) 0.960 1.290 0.603108
[SPEECH] 2.850 3.040 0.602445
++NOISE++ 3.040 3.050 0.5
</s> 3.050 3.370 1.000000
<sil>
<s> 3.400 3.410 1.0
<sil> 3.420 3.500 0.9
</s> 3.510 3.520 1.0
it's over
it's 3.600 3.900 1e-05
over(3) 3.910 4.300 0.870000`

function read(text: string, durationS = 100) {
  const reader = new UtteranceReader()
  const reached = text.split('\n').map((line) => reader.read(line))
  return { utterances: reader.utterances(durationS), reached }
}

describe('UtteranceReader', () => {
  it('keeps the words, without the marks of pronunciations, silences and noises', () => {
    const { utterances } = read(printed)
    expect(utterances.map(({ text }) => text)).toEqual(['good morning and', "it's over"])
    expect(utterances[0]).toMatchObject({ startS: 0.16, endS: 1.29 })
    expect(utterances[0]?.words[2]).toEqual({ text: 'and', startS: 0.96, endS: 1.29, confidence: 0.603108 })
    expect(utterances[1]?.words[0]?.confidence).toBe(1e-5)
  })

  it('keeps confidence within one', () => {
    expect(read(printed).utterances[0]?.words[0]?.confidence).toBe(1)
  })

  it('tells how far the recognizer is', () => {
    expect(read('good\ngood 0.160 0.430 1.0\n</s> 3.050 3.370 1.0').reached).toEqual([undefined, 0.43, 3.37])
  })

  it('ends with the audio', () => {
    const { utterances } = read(printed, 3.7)
    expect(utterances[1]).toMatchObject({ startS: 3.6, endS: 3.7, text: "it's" })
  })

  it('has nothing to say of silence', () => {
    expect(read('').utterances).toEqual([])
    expect(read('<sil>\n<s> 0.000 0.100 1.0').utterances).toEqual([])
  })
})

describe('parseLine', () => {
  it('takes no utterance for a word', () => {
    for (const text of ['one two three four', 'word 1.0 2.0', 'a b 1.0 2.0 0.5', '']) {
      expect(parseLine(text)).toEqual({ kind: 'utterance' })
    }
  })
})
