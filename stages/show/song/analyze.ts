import { readFile } from 'node:fs/promises'
import { defineStage, file, json, optional, type Violation } from 'reprise'
import * as z from 'zod/mini'
import { fileText } from '../../languages/file-text.ts'
import { schema } from '../../schema/schema.ts'
import { threadModule } from '../../tools/thread-module.ts'
import { Analysis, HeardBeats } from './analysis.ts'
import { type Label, LabelError, readLabels } from './corrections.ts'

/** Speech has less; what is less sure is no steady beat. */
const believable = 0.2

/** Two bars, and some more. */
const shortestSongS = 8

/** Finds bars, sections, energy and all else that a show needs in a song, with the corrections of a person. */
export const analyze = defineStage({
  name: 'analyze',
  version: 3,
  description: 'Finds bars, sections, key, energy, impacts, drops and gaps, with what a person has corrected',
  inputs: { features: 'file', heard: json(HeardBeats), beats: optional(file()), sections: optional(file()) },
  params: schema(() => z.object({})),
  outputs: { analysis: json(Analysis) },
  threads: { structure: threadModule(new URL('./structure-thread.ts', import.meta.url)) },
  contracts: [
    { name: 'marks are in order, and sections without gaps', check: ({ outputs }) => disorderIn(outputs.analysis) },
  ],
  async run({ inputs, inThread, warn, fail }) {
    const labels = async (name: 'beats' | 'sections'): Promise<readonly Label[]> => {
      const path = inputs[name]
      if (path === undefined) return []
      try {
        return readLabels(fileText(await readFile(path)))
      } catch (error) {
        if (!(error instanceof LabelError)) throw error
        return fail(`the input '${name}' cannot be read: ${error.message}; write labels as Audacity exports them`)
      }
    }
    const corrections = { beats: await labels('beats'), sections: await labels('sections') }
    const job = { features: inputs.features, heard: inputs.heard, corrections }
    const result = await Analysis['~standard'].validate(await inThread('structure', job))
    if (result.issues !== undefined) throw new TypeError(`the analysis is not valid: ${result.issues[0]?.message}`)
    const { tempo, durationS } = result.value
    if (isSilent(result.value)) {
      warn('the song is silent from beginning to end, so the show stays dark: is it the right file?')
    } else if (durationS < shortestSongS) {
      warn(
        `the song lasts only ${durationS.toFixed(1)} s, too short to be sure of beats and sections: is it the right file?`,
      )
    } else if (tempo.confidence < believable) {
      warn(
        `no steady beat was found (confidence ${tempo.confidence}): check it with the click track, or pass your own beats`,
      )
    }
    return { analysis: result.value }
  },
})

function isSilent({ beats, gaps, durationS }: Analysis): boolean {
  const [first] = gaps
  return beats.length === 0 && first !== undefined && first.endS - first.startS >= durationS - 1
}

function disorderIn({ beats, sections, durationS }: Analysis): readonly Violation[] {
  const violations: Violation[] = []
  for (const [at, beat] of beats.entries()) {
    const next = beats[at + 1]
    if (next !== undefined && next.atS <= beat.atS)
      violations.push({ message: 'beats are not in order', found: `${beat.atS} s` })
  }
  for (const [at, { startS, endS }] of sections.entries()) {
    const expected = sections[at + 1]?.startS ?? durationS
    if (Math.abs(endS - expected) > 0.002) {
      violations.push({
        message: 'a section does not end where the next one begins',
        expected: `${expected} s`,
        found: `${endS} s`,
      })
    }
    if (endS <= startS) violations.push({ message: 'a section has no length', found: `${startS} s` })
  }
  return violations
}
