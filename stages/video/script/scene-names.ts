import GithubSlugger from 'github-slugger'
import type { NamedScenes, Scene } from './scene.ts'

const wordsMax = 6
const lettersMax = 40

/** Returns the scenes with names made of their titles, or else of their first words: no two are the same. */
export function namedScenes(scenes: readonly Scene[], voices: readonly (readonly string[])[] = []): NamedScenes {
  const slugger = new GithubSlugger()
  return scenes.map((scene, index) => {
    const text = scene.picture.title ?? scene.speech.pieces[0]?.text ?? ''
    const words = text
      .normalize('NFC')
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word !== '')
    return {
      name: slugger.slug(words.slice(0, wordsMax).join(' ').slice(0, lettersMax) || 'scene'),
      scene,
      voice: [...(voices[index] ?? [])],
    }
  })
}
