import { expect, it } from 'vitest'
import type { Scene } from '../../../stages/video/script/scene.ts'
import { namedScenes } from '../../../stages/video/script/scene-names.ts'

function sceneOf(title: string | undefined, said: string): Scene {
  const speech = { pieces: [{ text: said, caption: said, pauseS: 0 }], tailS: 0, leastS: 0 }
  return {
    picture: { kind: 'text', ...(title === undefined ? {} : { title }), elements: [] },
    speech,
    cues: [],
    pictures: [],
  }
}

it('names scenes by their titles or first words, each differently', () => {
  const scenes = [
    sceneOf('Why caches?', 'They save time.'),
    sceneOf(undefined, 'They save time, and money, and nerves.'),
    sceneOf('Why caches', ''),
    sceneOf('¡Olé! — Привет', ''),
    sceneOf('…', ''),
    sceneOf(undefined, 'x'.repeat(100)),
  ]
  expect(namedScenes(scenes).map(({ name }) => name)).toEqual([
    'why-caches',
    'they-save-time-and-money-and',
    'why-caches-1',
    'olé-привет',
    'scene',
    'x'.repeat(40),
  ])
})
