import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testStage } from '../../../src/index.ts'
import type { Transcript } from '../../../stages/speech/transcript.ts'
import { align } from '../../../stages/subtitles/segments/align.ts'
import { temporaryDirectory } from '../../rig/workbench.ts'

const words = 'good morning and welcome to the work shop today we talk about rivers'.split(' ')
const heard: Transcript = {
  language: 'en',
  durationS: 10,
  utterances: [
    {
      startS: 0,
      endS: words.length / 2,
      text: words.join(' '),
      words: words.map((text, index) => ({ text, startS: index / 2, endS: (index + 1) / 2, confidence: 0.5 })),
    },
  ],
}

async function alignedTo(name: string, content: string) {
  const transcript = join(temporaryDirectory(), name)
  writeFileSync(transcript, content)
  return testStage(align, { inputs: { heard, transcript } })
}

describe('the words of a transcript', () => {
  it('are those of the subtitles, whatever it is written in; what is not said is told', async () => {
    const markdown =
      '# Rivers\n\nGood morning, and welcome to the **workshop**.\n\n- Today: we talk about Rivers!\n\n```\ncode\n```\n'
    const { outputs, log } = await alignedTo('talk.md', markdown)
    expect(outputs?.speech.utterances.map(({ text }) => text).join(' ')).toBe(
      'Good morning, and welcome to the workshop. Today: we talk about Rivers!',
    )
    expect(log).toContain(`not said, and left out of the subtitles: 1 of the transcript's sentences ("Rivers")`)
    const vtt =
      'WEBVTT\n\n00:01.000 --> 00:04.000\nGood morning and welcome\nto the workshop.\n\n00:05.000 --> 00:09.000\nToday we talk about rivers.\n'
    expect((await alignedTo('talk.vtt', vtt)).outputs?.speech.utterances[0]?.words.at(-1)).toMatchObject({
      text: 'rivers.',
      endS: 6.5,
    })
  })

  it('are refused where they are of something else, or no text', async () => {
    const other = await alignedTo('other.txt', 'Nobody ever mentioned anything like this sentence anywhere.')
    expect(JSON.stringify(other.failure)).toContain(
      "the input 'transcript' is not what is said here: 0 % of the words that were heard are in it",
    )
    const pdf = await alignedTo('talk.pdf', '%PDF-1.7\n')
    expect(JSON.stringify(pdf.failure)).toContain("the input 'transcript' cannot be read: it is a PDF")
  })

  it('are as they were heard where there is none', async () => {
    const { outputs } = await testStage(align, { inputs: { heard, transcript: undefined } })
    expect(outputs?.speech).toEqual(heard)
  })
})
