import { describe, expect, it } from 'vitest'
import { kokoroSounds, partsOf, plainSounds, soundsOf } from '../../../../stages/speech/voices/neural/sounds.ts'

describe('sounds', () => {
  it.each([
    ['Stop, look; listen!', ['Stop', ',', 'look', ';', 'listen', '!']],
    ['In 2024, 12.5 percent (or 1,000).', ['In 2024', ',', '12.5 percent', '(', 'or 1,000', ')', '.']],
    ['Dr. Smith came, e.g. by train.', ['Dr. Smith came', ',', 'e.g. by train', '.']],
    ['no mark', ['no mark']],
    ['A ⟦dʒɪg⟧, then.', ['A', 'd^ʒɪɡ', ',', 'then', '.']],
  ])('%s is given to espeak-ng between its marks', (text, parts) => {
    expect(partsOf(text).map((part) => part.text)).toEqual(parts)
  })

  it('keep the marks, and end as a sentence does; what is said in another language is not announced', async () => {
    const lines = new Map([
      ['Hello', ['həl^o^ʊ']],
      ['world', ['(^e^n)wˈɜːld(^f^r)']],
      ['3.5 or so', ['θɹiː', 'fa^ɪv']],
    ])
    const asked: string[] = []
    const host = {
      exec: (_: unknown, __: unknown, { stdin = '' } = {}) => {
        asked.push(stdin)
        const stdout = stdin.split('\n').flatMap((text) => lines.get(text) ?? [])
        return Promise.resolve({ exitCode: 0, stdout: `${stdout.join('\n')}\n`, stderrTail: '' })
      },
      fail: (message: string): never => {
        throw new Error(message)
      },
    }
    const made = await soundsOf(host as never, ['Hello, world', '3.5 or so'], 'en-us')
    expect(made).toEqual(['həl^o^ʊ, wˈɜːld.', 'θɹiː fa^ɪv.'])
    // All at once, and one by one where a line gave two.
    expect(asked).toEqual(['Hello\nworld\n3.5 or so', 'Hello', 'world', '3.5 or so'])
  })

  it('are in the letters of Kokoro: one for a diphthong, without the lengths that American voices do not have', () => {
    expect(kokoroSounds('ɡˈo^ʊ hˈɑːɹbɚ d^ʒˈe^ɪn', 'en-us')).toBe('ɡˈO hˈɑɹbəɹ ʤˈAn')
    expect(kokoroSounds('ɡˈə^ʊ hˈɑːbə', 'en-gb')).toBe('ɡˈQ hˈɑːbə')
    expect(kokoroSounds('t^ʃˈa^ʊ', 'it')).toBe('ʧˈW')
    expect(plainSounds('t^ʃˈa^ʊ')).toBe('tʃˈaʊ')
  })
})
