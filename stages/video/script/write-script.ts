import type { Document, Section } from '../../documents/document.ts'
import { speechPieces } from '../../documents/speech-pieces.ts'
import type { Picture } from '../../drawing/picture.ts'
import type { DocumentPictures } from './pictures.ts'
import { voiceOf } from './roles.ts'
import type { Scene, Script } from './scene.ts'
import { evenly, type Part, partsOf, type Reading } from './scene-parts.ts'

const subtitleChars = 140

/** About as fast as narrators speak. */
export const wordsPerSecond = 2.5

/** The silence after a scene, and how long one without a word is shown, in seconds. */
const tailS = 0.45
const silentSceneS = 4
/** How long code and tables, which are not read out, are shown at least: by their lines and words, in seconds. */
const reading = { startS: 1.5, lineOfCodeS: 0.9, wordS: 0.33, pictureS: 2 }

interface Draft {
  readonly title: string | undefined
  readonly parts: readonly Part[]
  readonly line: number | undefined
}

/**
 * Makes a script of a document by rules. A scene shows a title and what fits under it; each thing that is shown comes
 * in when it is spoken of. Code, tables and pictures are shown and not read out.
 */
export function writeScript(document: Document, pictures: DocumentPictures, language: string): Script {
  const scenes: Scene[] = []
  const places: (number | null)[] = []
  for (const [index, section] of document.sections.entries()) {
    const drafts = draftsOf(section, { isFirst: index === 0, language, pictures })
    for (const [at, draft] of drafts.entries()) {
      const isFirst = scenes.length === 0
      const isLast = index === document.sections.length - 1 && at === drafts.length - 1
      scenes.push(sceneOf(draft, section, document, { language, isFirst, isLast, beginsSection: at === 0 }))
      places.push(draft.line ?? section.line ?? null)
    }
  }
  const left = document.sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => {
      const why = block.kind === 'image' ? pictures.left.find(({ path }) => path === block.path)?.why : undefined
      return block.kind === 'image' && why !== undefined ? [{ path: block.path, why, line: block.line ?? null }] : []
    }),
  )
  const roles = Object.keys(document.voices ?? {})
  return {
    ...(document.title === undefined ? {} : { title: document.title }),
    scenes,
    places,
    left,
    ...(roles.length === 0 ? {} : { roles }),
  }
}

function draftsOf(section: Section, { isFirst, ...reading }: Reading & { readonly isFirst: boolean }): Draft[] {
  const title = section.title?.shown
  const parts = section.blocks.flatMap((block) => partsOf(block, reading))
  const [first] = parts
  if (parts.length === 0) return [{ title, parts, line: section.line }]
  // What is said is given for the section as a whole: it stays one scene.
  if (section.say !== undefined) return [{ title, parts, line: section.line }]
  const drafts: Draft[] = []
  let rest = parts
  if (isFirst && title !== undefined) {
    const hasSubtitle = first?.element.kind === 'text' && first.element.text.length <= subtitleChars
    drafts.push({ title, parts: hasSubtitle ? [first] : [], line: section.line })
    if (hasSubtitle) rest = parts.slice(1)
  }
  for (const some of evenly(rest, title !== undefined)) {
    drafts.push({ title: drafts.length === 1 && isFirst ? undefined : title, parts: some, line: some[0]?.line })
  }
  return drafts
}

/** Whether the words that stand for a picture say something, and are not the name of a file. */
function isDescription(alt: string): boolean {
  return /\s/u.test(alt.trim()) && !/\.\w{2,4}$/u.test(alt.trim())
}

interface SceneContext {
  readonly language: string
  readonly isFirst: boolean
  readonly isLast: boolean
  /** Whether it is the first scene of its section, which says the title. */
  readonly beginsSection: boolean
}

function sceneOf(
  { title, parts }: Draft,
  section: Section,
  document: Document,
  { language, isFirst, isLast, beginsSection }: SceneContext,
): Scene {
  const { pauseS = 0, durationS = 0 } = section
  const voice = voiceOf(section, document)
  const picture: Picture = {
    kind: kindOf({ title, parts }, { isFirst, isLast }),
    ...(title === undefined || title === '' ? {} : { title }),
    elements: parts.map(({ element }) => element),
  }
  const { pieces, cues } =
    section.say === undefined
      ? spokenParts(parts, picture, { title: beginsSection ? section.title?.shown : undefined, language })
      : said(section.say, parts, language)
  const leastS = Math.max(durationS, pieces.length === 0 ? silentSceneS : 0, readableS(picture, pieces, cues))
  return {
    picture,
    ...(document.theme === undefined ? {} : { theme: document.theme }),
    speech: { ...(voice === undefined ? {} : { voice }), pieces, tailS: tailS + pauseS, leastS },
    cues,
    pictures: picture.elements.flatMap((element) => (element.kind === 'image' ? [element.name] : [])),
  }
}

/** Returns how long a scene lasts at least, so that what is only shown can be read. */
function readableS({ elements }: Picture, pieces: Scene['speech']['pieces'], cues: readonly number[]): number {
  let leastS = 0
  for (const [index, element] of elements.entries()) {
    const ownS =
      element.kind === 'code'
        ? element.code.split('\n').length * reading.lineOfCodeS
        : 'rows' in element
          ? element.rows.flat().join(' ').split(/\s+/u).length * reading.wordS
          : element.kind === 'image'
            ? reading.pictureS
            : 0
    if (ownS === 0) continue
    const before = pieces.slice(0, cues[index] ?? 0)
    const shownS = before.reduce(
      (sum, { text, pauseS }) => sum + text.split(/\s+/u).length / wordsPerSecond + pauseS,
      0,
    )
    leastS = Math.max(leastS, Math.round((shownS + reading.startS + ownS) * 10) / 10)
  }
  return leastS
}

function spokenParts(
  parts: readonly Part[],
  picture: Picture,
  { title, language }: { readonly title: string | undefined; readonly language: string },
): { readonly pieces: Scene['speech']['pieces']; readonly cues: number[] } {
  const isSilent = parts.every(({ spoken }) => speechPieces(spoken, language).length === 0)
  const pieces =
    picture.kind === 'title' || picture.kind === 'closing' || isSilent ? speechPieces(title ?? '', language) : []
  // Where the title has been said, the words that stand for a picture are.
  if (pieces.length === 0 && isSilent)
    pieces.push(...parts.flatMap(({ alt = '' }) => (isDescription(alt) ? speechPieces(alt, language) : [])))
  const cues: number[] = []
  for (const { spoken } of parts) {
    const own = speechPieces(spoken, language)
    // What is not read out comes in with what is said before it.
    cues.push(own.length > 0 ? pieces.length : Math.max(0, pieces.length - 1))
    pieces.push(...own)
  }
  return { pieces, cues }
}

/** What is said is not what is shown: the elements come in spread over it. */
function said(say: string, parts: readonly Part[], language: string) {
  const paragraphs = say.split(/\n\s*\n/)
  const pieces = paragraphs.flatMap((paragraph) => speechPieces(paragraph, language))
  return { pieces, cues: parts.map((_, index) => Math.floor((index * pieces.length) / Math.max(1, parts.length))) }
}

function kindOf(
  { title, parts }: Pick<Draft, 'title' | 'parts'>,
  { isFirst, isLast }: Pick<SceneContext, 'isFirst' | 'isLast'>,
): Picture['kind'] {
  const kinds = new Set(parts.map(({ element }) => element.kind))
  if (title !== undefined && parts.length === 0) return 'title'
  const [first] = parts
  if (title !== undefined && parts.length === 1 && first?.element.kind === 'text') {
    if (isFirst) return 'title'
    if (isLast && first.element.text.length <= subtitleChars) return 'closing'
  }
  if (kinds.has('image')) return 'image'
  if (kinds.has('code')) return 'code'
  if (kinds.has('table')) return 'table'
  if (kinds.has('comparison')) return 'comparison'
  if (kinds.has('bullet')) return 'bullets'
  return kinds.has('quote') ? 'quote' : 'text'
}
