import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineStage, file, json, many, optional, tree } from 'reprise'
import * as z from 'zod/mini'
import type { SceneLayout } from '../drawing/scene-layout.ts'
import { described, schema } from '../schema/schema.ts'
import { ffmpeg, runFfmpeg } from '../tools/ffmpeg.ts'
import type { LayerFile } from './entrances.ts'
import { renderArgs } from './render-args.ts'
import { frameOf, frameParams, themeOf } from './script/frame-params.ts'
import { Scene, SceneTiming } from './script/scene.ts'

/** Returns the params of the picture and its encoder. */
export function renderParams() {
  return {
    ...frameParams(),
    fps: described(z._default(z.int().check(z.gte(10), z.lte(60)), 30), 'frames a second'),
    quality: described(
      z._default(z.number().check(z.gte(0), z.lte(51)), 18),
      'quality of the picture: x264 crf, from 0 (best) to 51',
    ),
    encodeThreads: described(
      z._default(z.int().check(z.gte(1), z.lte(64)), 2),
      'threads of the video encoder; other numbers give other bytes',
    ),
  }
}

/** Returns how many frames a scene has: it ends on a frame, so that sound and picture do not drift apart. */
export function sceneFrames({ durationS }: { readonly durationS: number }, fps: number): number {
  return Math.max(1, Math.ceil(durationS * fps - 1e-6))
}

/** How wide a scene is in the report, in pixels. */
const smallWidth = 320

interface Width {
  readonly mode: 'width'
  readonly value: number
}

/** Draws a scene and makes a film of it, without sound. */
export const render = defineStage({
  name: 'render',
  version: 6,
  description: 'Draws a scene and makes a film of it: what is shown comes in with what is said',
  inputs: { scene: json(Scene), timing: json(SceneTiming), pictures: many(file()), fonts: optional(tree()) },
  params: schema(() => z.object(renderParams())),
  outputs: { film: 'scene.mp4', still: 'still.png', small: 'small.png' },
  tools: [ffmpeg],
  async run(context) {
    const { inputs, params, outputs, tempDir, fail } = context
    const { scene, timing } = inputs
    const theme = themeOf(params.theme, scene.theme)
    if (theme === undefined) return fail(`there is no theme '${scene.theme}'`)
    const { renderAsync } = await import('@resvg/resvg-js')
    const { layOutScene, svgDocument } = await import('../drawing/scene-layout.ts')
    const read = (await import('../drawing/own-fonts.ts')).fontsOf(inputs.fonts)
    if (!read.ok) return fail(read.problem)
    const draw = async (svg: string, path: string, options: { readonly fitTo?: Width } = {}) =>
      writeFile(path, (await renderAsync(svg, options)).asPng())
    const frame = frameOf(params.size)
    const pictures = new Map<string, string>()
    for (const [index, name] of scene.pictures.entries()) {
      const path = inputs.pictures[index]
      if (path !== undefined) pictures.set(name, `data:image/png;base64,${(await readFile(path)).toString('base64')}`)
    }
    const layout = layOutScene(scene.picture, frame, { theme, fonts: read.fonts, pictures })
    const background = join(tempDir, 'background.png')
    const drawn = [draw(layout.background, background)]
    const layers = layout.layers.map(({ svg, x, y, element }, index): LayerFile => {
      const path = join(tempDir, `layer-${index}.png`)
      drawn.push(draw(svg, path))
      const piece = element === undefined ? undefined : timing.pieces[scene.cues[element] ?? 0]
      const startS = element === undefined || element === 0 ? Math.min(piece?.startS ?? 0, 0.15) : piece?.startS
      return { path, x, y, startS: startS ?? 0.15 }
    })
    const whole = svgDocument(frame, contentOf(layout))
    drawn.push(draw(whole, outputs.still), draw(whole, outputs.small, { fitTo: { mode: 'width', value: smallWidth } }))
    await Promise.all(drawn)
    const frames = sceneFrames(timing, params.fps)
    const { fps, quality, encodeThreads } = params
    await runFfmpeg(
      context,
      renderArgs({
        frame,
        fps,
        frames,
        background,
        layers,
        accent: theme.accent,
        quality,
        encodeThreads,
        output: outputs.film,
      }),
      { lengthS: frames / fps },
    )
  },
})

/** Returns what a scene's picture shows, with all that comes in. */
function contentOf({ background, layers }: SceneLayout): string {
  const content = (svg: string) => svg.replace(/^<svg[^>]*>|<\/svg>$/g, '')
  const parts = layers.map(({ svg, x, y }) => `<g transform="translate(${x} ${y})">${content(svg)}</g>`)
  return content(background) + parts.join('')
}
