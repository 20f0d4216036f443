import { defineStage, json, optional, tree } from 'reprise'
import * as z from 'zod/mini'
import type { Picture } from '../../drawing/picture.ts'
import { themeNames } from '../../drawing/themes.ts'
import { languageParam } from '../../languages/languages.ts'
import { described, schema, type ValueOf } from '../../schema/schema.ts'
import { espeakNg } from '../../tools/espeak-ng.ts'
import { frameOf, frameParams, themeOf } from './frame-params.ts'
import { NamedScenes, type Scene, Script } from './scene.ts'
import { namedScenes } from './scene-names.ts'
import { sceneVoices } from './scene-voices.ts'
import { wordsPerSecond } from './write-script.ts'

export const ValidationReport = schema(() =>
  z.object({
    /** The estimated length of the film, in seconds. */
    estimatedS: z.number(),
    scenes: z.array(z.object({ title: z.optional(z.string()), line: z.nullable(z.int()), estimatedS: z.number() })),
    warnings: z.array(z.object({ scene: z.nullable(z.int()), line: z.nullable(z.int()), message: z.string() })),
  }),
)

export type ValidationReport = ValueOf<typeof ValidationReport>

/** Returns how long a scene will last, in seconds, before anything is spoken. */
export function estimatedSceneS({ speech }: Scene): number {
  const words = speech.pieces.reduce((sum, { text }) => sum + text.split(/\s+/u).length, 0)
  const pausesS = speech.pieces.reduce((sum, { pauseS }) => sum + pauseS, 0)
  return Math.max(speech.leastS, words / wordsPerSecond + pausesS + speech.tailS)
}

function textsOf({ title = '', elements }: Picture): { readonly regular: string; readonly mono: string } {
  const texts: string[] = [title]
  const codes: string[] = []
  for (const element of elements) {
    if (element.kind === 'code') codes.push(element.code)
    else if (element.kind === 'image') continue
    else if ('rows' in element) texts.push(...element.rows.flat())
    else texts.push(element.text)
  }
  return { regular: texts.join(' '), mono: codes.join(' ') }
}

/** Whether a scene shows what is not read out, and so may be silent. */
function isShownAlone({ picture }: Scene): boolean {
  return picture.elements.some((element) => element.kind === 'image' || element.kind === 'code' || 'rows' in element)
}

/** Returns the param that turns warnings into failures. */
export function strictParam() {
  return described(z._default(z.boolean(), false), 'fail where something is only warned of')
}

/** The words of writing systems that go from right to left; fontkit turns the numbers between them round, too. */
const fromRightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\p{Script=Mandaic}\p{Script=Samaritan}\p{Script=Hanifi_Rohingya}][\p{L}\p{M}]*/u

/** Checks a script before anything is spoken or drawn: that all text fits, that the fonts have its letters, that there are its voices. */
export const validateScript = defineStage({
  name: 'validate',
  version: 12,
  description:
    'Checks the script by drawing it: text that does not fit, letters that no font has, voices; estimates durations',
  inputs: { script: json(Script), voices: optional(tree()), fonts: optional(tree()) },
  params: schema(() =>
    z.object({
      ...frameParams(),
      strict: strictParam(),
      language: z.prefault(languageParam(), 'en'),
      /** What speaks, whose voices are known; a server knows its own. */
      synthesizer: z._default(z.enum(['kokoro', 'piper', 'espeak-ng', 'flite', 'own', 'api']), 'api'),
      /** What the user asked for. */
      voice: z._default(z.string(), 'auto'),
    }),
  ),
  outputs: { scenes: json(NamedScenes), report: json(ValidationReport) },
  toolsFor: ({ synthesizer }) => (synthesizer === 'espeak-ng' ? [espeakNg] : []),
  async run(context) {
    const { inputs, params, log, warn: warnUser, fail } = context
    const { scenes, places } = inputs.script
    const { synthesizer, voice, language } = params
    const voices = await sceneVoices(context, inputs.script, { synthesizer, voice, language, folder: inputs.voices })
    if (inputs.voices !== undefined && synthesizer !== 'own')
      warnUser("the input 'voices' is not used: with -p voice=own its voices speak")
    const { sceneOverflow } = await import('../../drawing/scene-layout.ts')
    const read = (await import('../../drawing/own-fonts.ts')).fontsOf(inputs.fonts)
    if (!read.ok) return fail(read.problem)
    const { fonts } = read
    const warnings: { scene: number | null; line: number | null; message: string }[] = []
    for (const [index, scene] of scenes.entries()) {
      const line = places[index] ?? null
      const where = `scene ${index + 1}${line === null ? '' : ` (line ${line})`}`
      const theme = themeOf(params.theme, scene.theme)
      if (theme === undefined) {
        return fail(`the document asks for the theme '${scene.theme}'; there are: ${themeNames.join(', ')}`)
      }
      const { regular, mono } = textsOf(scene.picture)
      const turned = fromRightToLeft.exec(`${regular} ${mono}`)?.[0]
      if (turned !== undefined) {
        fail(
          `${where}: '${turned}' is written from right to left, which is not laid out: numbers in it would be turned round; show it as a picture, and put the words into a note, which is only spoken`,
        )
      }
      const missing = [...fonts.regular.missing(regular), ...fonts.mono.missing(mono)]
      if (missing.length > 0) {
        fail(
          `${where}: the fonts have no letters for ${missing
            .slice(0, 10)
            .map((letter) => `'${letter}'`)
            .join(
              ', ',
            )}: they hold Latin, Greek, Cyrillic and Vietnamese; give fonts that have them with --input fonts=FOLDER, or leave these letters out`,
        )
      }
      const warn = (message: string) => warnings.push({ scene: index + 1, line, message })
      const overflow = sceneOverflow(scene.picture, frameOf(params.size), { theme, fonts })
      if (overflow !== undefined) warn(`${overflow}: split the scene, or shorten it`)
      if (scene.speech.pieces.length === 0 && !isShownAlone(scene)) warn('nothing is said')
    }
    for (const { path, why, line } of inputs.script.left) {
      warnings.push({ scene: null, line, message: `the picture '${path}' is left out: ${why}` })
    }
    const told = warnings.map((warning) => `${placeOf(warning)}${warning.message}`)
    if (params.strict && told[0] !== undefined) {
      const count = `${told.length} warning${told.length === 1 ? '' : 's'}`
      for (const line of told) log(`warning: ${line}`)
      fail(`the script has ${count}, the first in ${told[0]}; its stage.log lists all`)
    }
    for (const line of told) warnUser(line)
    const estimates = scenes.map((scene, index) => ({
      ...(scene.picture.title === undefined ? {} : { title: scene.picture.title }),
      line: places[index] ?? null,
      estimatedS: rounded(estimatedSceneS(scene)),
    }))
    const estimatedS = rounded(estimates.reduce((sum, scene) => sum + scene.estimatedS, 0))
    log(`the film will last about ${Math.round(estimatedS)} s`)
    return { scenes: namedScenes(scenes, voices), report: { estimatedS, scenes: estimates, warnings } }
  },
})

/** Names a scene and a line, as far as they are known, before a message. */
function placeOf({ scene, line }: { readonly scene: number | null; readonly line: number | null }): string {
  const where = line === null ? '' : `line ${line}`
  if (scene === null) return where === '' ? '' : `${where}: `
  return `scene ${scene}${where === '' ? '' : ` (${where})`}: `
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000
}
