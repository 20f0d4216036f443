import { expect, it } from 'vitest'
import { z } from 'zod'
import { buildGraph, definePipeline, defineStage, type Graph, json, many, optional } from '../../src/core/index.ts'
import { dotDrawing, graphLines, mermaidDrawing } from '../../src/report/graph-drawing.ts'

const split = defineStage({
  name: 'split',
  version: 1,
  inputs: { song: 'file' },
  params: z.object({}),
  outputs: { voice: 'voice.wav', hasVoice: json(z.boolean()), parts: json(z.array(z.string())) },
  run: () => ({ hasVoice: true, parts: [] }),
})
const lyrics = defineStage({
  name: 'lyrics',
  version: 1,
  inputs: { voice: 'file' },
  params: z.object({}),
  outputs: { text: 'text.txt' },
  run: () => {},
})
const light = defineStage({
  name: 'light',
  version: 1,
  inputs: { part: json(z.string()) },
  params: z.object({}),
  outputs: { scene: json(z.string()) },
  run: () => ({ scene: '' }),
})
const show = defineStage({
  name: 'show',
  version: 1,
  inputs: { scenes: many(json(z.string())), text: optional({ kind: 'file', arity: 'one' }) },
  params: z.object({}),
  outputs: { plan: 'plan.json' },
  run: () => {},
})
const pipeline = definePipeline({
  name: 'light "show"',
  inputs: { song: 'file' },
  params: z.object({}),
  build({ step, each, inputs }) {
    const { voice, hasVoice, parts } = step(split, { song: inputs.song })
    const { text } = step(lyrics, { voice }, { when: hasVoice })
    const { scene } = each(parts, (part) => step(light, { part }))
    return step(show, { scenes: scene, text }, { id: 'the "end"' })
  },
})

function graphOf(): Graph {
  const graph = buildGraph(pipeline, {})
  if (!graph.ok) throw new Error(JSON.stringify(graph.error))
  return graph.value
}

it('draws a Mermaid flowchart', () =>
  expect(mermaidDrawing(graphOf())).toMatchInlineSnapshot(`
    "flowchart LR
      n0(["song"])
      n1["split"]
      n2["lyrics"]
      n3["light/*"]
      n4["the #34;end#34;: show"]
      n0 -->|"song"| n1
      n1 -->|"voice"| n2
      n1 -.->|"when hasVoice"| n2
      n1 -->|"each of parts"| n3
      n3 -->|"scene as scenes"| n4
      n2 -->|"text"| n4
    "
  `))
it('draws in the DOT language', () =>
  expect(dotDrawing(graphOf())).toMatchInlineSnapshot(`
    "digraph "light \\"show\\"" {
      rankdir=LR
      node [shape=box]
      "input:song" [label="song", shape=oval]
      "split" [label="split"]
      "lyrics" [label="lyrics"]
      "light/*" [label="light/*"]
      "the \\"end\\"" [label="the \\"end\\": show"]
      "input:song" -> "split" [label="song"]
      "split" -> "lyrics" [label="voice"]
      "split" -> "lyrics" [label="when hasVoice", style=dashed]
      "split" -> "light/*" [label="each of parts"]
      "light/*" -> "the \\"end\\"" [label="scene as scenes"]
      "lyrics" -> "the \\"end\\"" [label="text"]
    }
    "
  `))
it('lists what each step needs', () =>
  expect(graphLines(graphOf()).join('\n')).toMatchInlineSnapshot(`
    "split
    lyrics     after split
    light/*    after split
    the "end"  after light/*, split, lyrics"
  `))
