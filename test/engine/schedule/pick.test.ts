import { EventEmitter, once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { definePipeline, defineStage, file, files, json, many, pick, select } from '../../../src/core/index.ts'
import { planRun } from '../../../src/engine/index.ts'
import { createWorkbench } from '../../rig/workbench.ts'

const Pair = z.object({ id: z.string(), members: z.array(z.string()) })

/** Writes a text in capitals; a file that says so is refused. */
const shout = defineStage({
  name: 'shout',
  version: 1,
  inputs: { text: 'file' },
  params: z.object({}),
  outputs: { loud: 'loud.txt', length: json(z.number()) },
  run({ inputs, outputs, fail }) {
    const text = readFileSync(inputs.text, 'utf8')
    if (text === 'broken') fail('broken')
    writeFileSync(outputs.loud, text.toUpperCase())
    return { length: text.length }
  },
})

/** Groups files by the letter that their names begin with, the longest text first. */
const group = defineStage({
  name: 'group',
  version: 1,
  inputs: { lengths: many(json(z.number()), { settled: true }) },
  params: z.object({ more: z.array(z.string()) }),
  outputs: { pairs: json(z.array(Pair)) },
  run({ inputs, params }) {
    const longest = inputs.lengths.flatMap(({ item, value }) => (value === undefined ? [] : [{ item, value }]))
    longest.sort((one, other) => other.value - one.value)
    const ids = [...new Set(longest.map(({ item }) => basename(item)[0] ?? ''))].sort()
    const of = (id: string) => longest.map(({ item }) => item).filter((item) => basename(item).startsWith(id))
    return { pairs: ids.map((id) => ({ id, members: [...of(id), ...params.more] })) }
  },
})

const join = defineStage({
  name: 'join',
  version: 1,
  inputs: { parts: many(file()) },
  params: z.object({}),
  outputs: { joined: json(z.string()) },
  run: ({ inputs }) => ({ joined: inputs.parts.map((path) => readFileSync(path, 'utf8')).join('+') }),
})

const list = defineStage({
  name: 'list',
  version: 1,
  inputs: { lines: many(json(z.string()), { settled: true }) },
  params: z.object({}),
  outputs: { lines: json(z.array(z.string())) },
  run: ({ inputs }) => ({
    lines: inputs.lines.map(({ item, value, failure }) => `${item}=${value ?? failure?.message}`),
  }),
})

const pairing = definePipeline({
  name: 'pairing',
  inputs: { folder: 'tree' },
  params: z.object({ more: z.array(z.string()).default([]) }),
  build({ step, each, inputs, params }) {
    const { loud, length } = each(files(inputs.folder), (item) => step(shout, { text: item.file }))
    const { pairs } = step(group, { lengths: length }, { params })
    const { joined } = each(pairs, (pair) =>
      step(join, {
        parts: pick(
          loud,
          select(pair, ({ members }) => members),
        ),
      }),
    )
    return step(list, { lines: joined })
  },
})

function write(root: string, texts: Readonly<Record<string, string>>): void {
  mkdirSync(`${root}/sub`, { recursive: true })
  for (const [path, text] of Object.entries(texts)) writeFileSync(`${root}/${path}`, text)
}

describe('picking among what a fan-out made', () => {
  it('gives the named items in the order of the names, and executes only what a new file concerns', async () => {
    const { run, path, store, jobDir } = await createWorkbench()
    const folder = path('folder')
    write(folder, { a1: 'in', 'sub/a2': 'out there', b1: 'alone' })
    const first = await run(pairing, { inputs: { folder } })
    expect(first.result.failure).toBeUndefined()
    expect(first.result.outputs.lines).toMatchObject({ value: ['a=OUT THERE+IN', 'b=ALONE'] })
    expect((await run(pairing, { inputs: { folder } })).executed).toEqual([])

    write(folder, { b2: 'no more' })
    const plan = await planRun({ pipeline: pairing, inputs: { folder }, jobDir, store, device: 'cpu' })
    expect(plan.ok && plan.value.find(({ step }) => step === 'shout/b2')?.kind).toBe('miss')
    const second = await run(pairing, { inputs: { folder } })
    expect(second.executed).toEqual(['group', 'join/b', 'list', 'shout/b2'])
    expect(second.result.outputs.lines).toMatchObject({ value: ['a=OUT THERE+IN', 'b=NO MORE+ALONE'] })
    rmSync(`${folder}/a1`)
    expect((await run(pairing, { inputs: { folder } })).executed).toEqual(['group', 'join/a', 'list'])
  })

  it('does not care for the failure of what is not picked', async () => {
    const { run, path } = await createWorkbench()
    const folder = path('folder')
    write(folder, { a1: 'one', a2: 'broken' })
    const { result } = await run(pairing, { inputs: { folder } })
    expect(result.status).toBe('completed')
    expect(result.outputs.lines).toMatchObject({ value: ['a=ONE'] })
  })

  it('fails the step that picks what is not there, and names it', async () => {
    const { run, path } = await createWorkbench()
    const folder = path('folder')
    write(folder, { a1: 'one', b1: 'two' })
    const { result } = await run(pairing, { inputs: { folder }, params: { more: ['b11'] } })
    expect(result.outputs.lines).toMatchObject({
      value: [
        expect.stringContaining("'pick' is given a name that is not there: unknown item 'b11'"),
        expect.any(String),
      ],
    })
    const failed = await run(pairing, { inputs: { folder }, params: { more: ['b1'] } })
    expect(failed.result.outputs.lines).toMatchObject({ value: ['a=ONE+TWO', 'b=TWO'] })
  })

  it('runs what picks before all items are made', async () => {
    const { run, path } = await createWorkbench()
    const folder = path('folder')
    const gate = new EventEmitter()
    const opened = once(gate, 'open')
    const slow = defineStage({
      name: 'slow',
      version: 1,
      inputs: { text: 'file', path: json(z.string()) },
      params: z.object({}),
      outputs: { loud: 'loud.txt' },
      async run({ inputs, outputs }) {
        if (inputs.path === 'b') await opened
        writeFileSync(outputs.loud, inputs.path)
      },
    })
    const names = defineStage({
      name: 'names',
      version: 1,
      inputs: {},
      params: z.object({}),
      outputs: { pairs: json(z.array(Pair)) },
      run: () => ({ pairs: ['a', 'b'].map((id) => ({ id, members: [id] })) }),
    })
    const early = definePipeline({
      name: 'early',
      inputs: { folder: 'tree' },
      params: z.object({}),
      build({ step, each, inputs }) {
        const { loud } = each(files(inputs.folder), ({ file, path }) => step(slow, { text: file, path }))
        const { pairs } = step(names, {})
        return each(pairs, (pair) =>
          step(join, {
            parts: pick(
              loud,
              select(pair, ({ members }) => members),
            ),
          }),
        )
      },
    })
    write(folder, { a: 'a', b: 'b' })
    const ended: string[] = []
    const { result } = await run(early, {
      inputs: { folder },
      onEvent(event) {
        if (event.event !== 'stage_completed') return
        ended.push(event.stage)
        if (event.stage === 'join/a') gate.emit('open')
      },
    })
    expect(result.status).toBe('completed')
    expect(ended.indexOf('join/a')).toBeLessThan(ended.indexOf('slow/b'))
  })
})
