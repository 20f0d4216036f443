import { type ArtifactSource, type Graph, type Step, sourcesOf, upstreamOf } from '../core/index.ts'
import { columns } from './text/columns.ts'
import { printable } from './text/printable.ts'

interface Edge {
  readonly from: string
  readonly to: string
  readonly label: string
  /** Whether the edge is only for the condition of the step. */
  readonly condition: boolean
}

interface Drawing {
  readonly inputs: readonly string[]
  readonly steps: readonly Step[]
  readonly edges: readonly Edge[]
}

function drawingOf(graph: Graph): Drawing {
  return {
    inputs: Object.keys(graph.inputs),
    steps: graph.steps,
    edges: graph.steps.flatMap((step) => edgesTo(graph, step)),
  }
}

function edgesTo(graph: Graph, step: Step): readonly Edge[] {
  const edges = Object.entries(step.bindings).flatMap(([input, binding]) =>
    sourcesOf(binding).flatMap((source) => edgeFrom(graph, source, step.id, (name) => labelOf(name, input))),
  )
  if (step.each !== undefined)
    edges.push(...edgeFrom(graph, { from: 'item', each: step.each }, step.id, (name) => name))
  if (step.condition !== undefined && 'source' in step.condition) {
    const decides = edgeFrom(graph, step.condition.source, step.id, (name) => `when ${name}`)
    edges.push(...decides.map((edge) => ({ ...edge, condition: true })))
  }
  const seen = new Set<string>()
  return edges.filter(({ from, label }) => {
    const id = JSON.stringify([from, label])
    return !seen.has(id) && seen.add(id) !== undefined
  })
}

function labelOf(name: string, input: string): string {
  return name === input ? name : `${name} as ${input}`
}

function edgeFrom(graph: Graph, source: ArtifactSource, to: string, label: (name: string) => string): Edge[] {
  switch (source.from) {
    case 'input':
      return [{ from: `input:${source.input}`, to, label: label(source.input), condition: false }]
    case 'step':
      return [{ from: source.step, to, label: label(source.output), condition: false }]
    case 'item': {
      const over = graph.eaches[source.each]?.over
      return over === undefined ? [] : edgeFrom(graph, over, to, (name) => `each of ${name}`)
    }
    case 'select':
      return edgeFrom(graph, source.of, to, label)
    case 'constant':
      return []
    default:
      return source satisfies never
  }
}

function stepLabel(step: Step): string {
  return printable(step.stage.name === step.name ? step.id : `${step.id}: ${step.stage.name}`)
}

// Mermaid reads entities in quoted labels, and ends a label at a quote whatever stands before it.
function mermaidText(text: string): string {
  return `"${printable(text).replace(/[#"<>&]/g, (character) => `#${character.charCodeAt(0)};`)}"`
}

/** Returns the graph as a Mermaid flowchart. Source: https://mermaid.js.org/syntax/flowchart.html. */
export function mermaidDrawing(graph: Graph): string {
  const { inputs, steps, edges } = drawingOf(graph)
  const ids = new Map(
    [...inputs.map((name) => `input:${name}`), ...steps.map(({ id }) => id)].map((id, i) => [id, `n${i}`]),
  )
  return [
    'flowchart LR',
    ...inputs.map((name) => `  ${ids.get(`input:${name}`)}([${mermaidText(name)}])`),
    ...steps.map((step) => `  ${ids.get(step.id)}[${mermaidText(stepLabel(step))}]`),
    ...edges.map(
      ({ from, to, label, condition }) =>
        `  ${ids.get(from)} ${condition ? '-.->' : '-->'}|${mermaidText(label)}| ${ids.get(to)}`,
    ),
    '',
  ].join('\n')
}

function dotText(text: string): string {
  return `"${printable(text).replace(/[\\"]/g, '\\$&')}"`
}

/** Returns the graph in the DOT language of Graphviz. Source: https://graphviz.org/doc/info/lang.html. */
export function dotDrawing(graph: Graph): string {
  const { inputs, steps, edges } = drawingOf(graph)
  return [
    `digraph ${dotText(graph.pipeline)} {`,
    '  rankdir=LR',
    '  node [shape=box]',
    ...inputs.map((name) => `  ${dotText(`input:${name}`)} [label=${dotText(name)}, shape=oval]`),
    ...steps.map((step) => `  ${dotText(step.id)} [label=${dotText(stepLabel(step))}]`),
    ...edges.map(
      ({ from, to, label, condition }) =>
        `  ${dotText(from)} -> ${dotText(to)} [label=${dotText(label)}${condition ? ', style=dashed' : ''}]`,
    ),
    '}',
    '',
  ].join('\n')
}

/** Returns the steps and what each of them needs, a line per step. */
export function graphLines(graph: Graph): readonly string[] {
  return columns(
    graph.steps.map((step) => {
      const needs = upstreamOf(graph, step)
      return [printable(step.id), needs.length === 0 ? '' : `after ${printable(needs.join(', '))}`]
    }),
  )
}
