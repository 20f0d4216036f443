import { defineStage, json } from 'reprise'
import * as z from 'zod/mini'
import { schema } from '../schema/schema.ts'
import { Scene, Speech } from './scene.ts'

/** Takes what is spoken out of a scene, so that a change of what is shown does not speak it again. */
export const narration = defineStage({
  name: 'narration',
  version: 1,
  description: 'Takes what is spoken out of a scene: what is only shown does not matter to the narration',
  inputs: { scene: json(Scene) },
  params: schema(() => z.object({})),
  outputs: { speech: json(Speech) },
  run: ({ inputs }) => ({ speech: inputs.scene.speech }),
})
