import { realpathSync, statfsSync } from 'node:fs'
import packageJson from '../../../package.json' with { type: 'json' }
import type { DirectoryStore } from '../../../store/index.ts'
import { findPipeline, loadPipelines } from '../../config/pipelines.ts'
import {
  type AnyPipeline,
  buildGraph,
  describeFailure,
  exitCodes,
  paramChoices,
  type Tool,
  toolsOf,
  unlessItThrows,
} from '../../core/index.ts'
import type { FoundDevice, ProbedTool } from '../../engine/index.ts'
import { models, modelsHome, placeOf } from '../../models/index.ts'
import { sizeText } from '../../report/text/amounts.ts'
import { columns } from '../../report/text/columns.ts'
import { printable, printableLines } from '../../report/text/printable.ts'
import { type Style, styleFor } from '../../report/text/style.ts'
import type { CliContext } from '../command-line/cli-context.ts'
import { command } from '../command-line/command.ts'
import { usageError } from '../command-line/error-line.ts'
import { configFlags, storeFlags } from '../command-line/run-flags.ts'
import { noStorePlace, storeDir } from '../command-line/store-location.ts'
import type { DoctorReport, ToolFinding } from './doctor-report.ts'

/** `reprise doctor`: shows which tools this machine has, which are missing, and how to install them. */
export const doctorCommand = command({
  name: 'doctor',
  description: 'Shows the tools that pipelines need, which are missing, and how to install them.',
  positionals: [{ name: 'pipeline', description: 'Only the tools of this pipeline.' }],
  flags: {
    json: { kind: 'switch', description: 'Writes the same as one JSON object.' },
    issue: { kind: 'switch', description: 'Writes versions as Markdown, for an issue: no paths, no names.' },
    ...storeFlags,
    ...configFlags,
  },
  notes: 'Exit codes: 0 all tools found, 3 a tool is missing, 4 the store is unusable.',
  examples: [
    { line: 'reprise doctor', does: 'checks the tools of all pipelines' },
    { line: 'reprise doctor subtitles', does: 'checks the tools of one pipeline' },
    { line: 'reprise doctor --issue', does: 'prints what an issue should say of this machine' },
  ],
  async execute({ flags, positionals }, context) {
    const { cwd, env, stdout } = context
    const pipelines = await loadPipelines(cwd, flags.config)
    if (!pipelines.ok) return usageError(context, 'doctor', pipelines.error)
    const [name] = positionals
    const found = name === undefined ? undefined : findPipeline(pipelines.value, name)
    if (found?.ok === false) return usageError(context, 'doctor', found.error)
    const wanted = found === undefined ? [...pipelines.value.values()] : [found.value]
    const report = await examine(
      wanted.map(({ pipeline }) => pipeline),
      flags.store,
      context,
    )
    if (flags.json) stdout.write(`${JSON.stringify(report)}\n`)
    else if (flags.issue) stdout.write(`${(await import('./issue-block.ts')).issueBlock(report)}\n`)
    else stdout.write(`${reportLines(report, styleFor(stdout.isTerminal, env)).join('\n')}\n`)
    if (report.store.problem !== undefined) return exitCodes.storeUnusable
    return report.tools.some(isMissed) ? exitCodes.toolMissing : exitCodes.ok
  },
})

/** What is needed only with another param may be missing. */
function isMissed(tool: ToolFinding): boolean {
  return tool.problem !== undefined && tool.with === undefined
}

async function examine(
  pipelines: readonly AnyPipeline[],
  storeFlag: string | undefined,
  context: CliContext,
): Promise<DoctorReport> {
  const { findDevice, interpreterOf, probeTool } = await import('../../engine/index.ts')
  const { found: store, opened } = await openedStore(storeFlag, context)
  const tools: ToolFinding[] = []
  for (const { tool, neededBy, with: with_ } of toolsOfPipelines(pipelines)) {
    const probed = await probeTool(tool, opened)
    tools.push({
      name: tool.name,
      neededBy,
      ...(with_ === undefined ? {} : { with: with_ }),
      ...(probed.ok
        ? {
            version: probed.value.identity.version ?? 'unknown version',
            ...placePart(tool, probed.value, interpreterOf),
          }
        : { problem: describeFailure(probed.error) }),
    })
  }
  const device = await findDevice(opened)
  await opened?.close()
  const problems = pipelines.flatMap((pipeline) => {
    const graph = buildGraph(pipeline, pipeline.example ?? {})
    return graph.ok ? [] : graph.error.map(({ where, message }) => `${pipeline.name}: ${where}: ${message}`)
  })
  return {
    reprise: packageJson.version,
    node: process.version,
    device,
    store,
    tools,
    models: installedModels(context.env),
    ...(problems.length === 0 ? {} : { problems }),
  }
}

function installedModels(env: CliContext['env']): DoctorReport['models'] {
  const dir = modelsHome(env)
  if (dir === undefined) return { installed: [] }
  return { dir, installed: models.filter((model) => placeOf(model, dir).isInstalled).map(({ name }) => name) }
}

function modelsText({ dir, installed }: DoctorReport['models']): string {
  const missing = models.filter(({ name }) => !installed.includes(name)).map(({ name }) => name)
  const advice = missing.length === 0 ? '' : `; not installed: ${missing.join(', ')} (reprise models install NAME)`
  return printable(`${installed.join(', ') || 'none'}${dir === undefined ? '' : ` in ${dir}`}${advice}`)
}

interface OpenedStore {
  readonly found: DoctorReport['store']
  readonly opened?: DirectoryStore
}

async function openedStore(flag: string | undefined, context: CliContext): Promise<OpenedStore> {
  const { openStore, describeStoreFailure } = await import('../../../store/index.ts')
  const dir = await storeDir(flag, context)
  if (dir === undefined) return { found: { problem: noStorePlace } }
  const opened = await openStore({ dir })
  if (!opened.ok) return { found: { dir, problem: describeStoreFailure(opened.error) } }
  return { found: { dir, ...freeOf(dir) }, opened: opened.value }
}

function freeOf(dir: string): { readonly freeBytes?: number } {
  try {
    const { bavail, bsize } = statfsSync(dir)
    return { freeBytes: bavail * bsize }
  } catch {
    return {}
  }
}

/** A tool, and the pipelines that need it. */
export interface NeededTool {
  readonly tool: Tool
  readonly neededBy: readonly string[]
  /** The param with which it is needed, as `recognizer=pocketsphinx`, where it is not needed otherwise. */
  readonly with?: string
}

/**
 * Returns every tool that a pipeline's steps run, once, with the pipelines that need it: first those of its example params,
 * then those that another choice of one param needs.
 */
export function toolsOfPipelines(pipelines: readonly AnyPipeline[]): readonly NeededTool[] {
  const needed = new Map<string, { tool: Tool; neededBy: string[]; with?: string }>()
  const add = (pipeline: AnyPipeline, params: object, choice?: string) => {
    for (const tool of toolsWith(pipeline, params)) {
      const known = needed.get(tool.name)
      if (known === undefined)
        needed.set(tool.name, { tool, neededBy: [pipeline.name], ...(choice === undefined ? {} : { with: choice }) })
      else if (known.with === choice && !known.neededBy.includes(pipeline.name)) known.neededBy.push(pipeline.name)
    }
  }
  for (const pipeline of pipelines) add(pipeline, pipeline.example ?? {})
  for (const pipeline of pipelines) {
    for (const [name, choices] of paramChoices(pipeline.params))
      for (const choice of choices) add(pipeline, { ...pipeline.example, [name]: choice }, `${name}=${choice}`)
  }
  return [...needed.values()]
}

function toolsWith(pipeline: AnyPipeline, params: object): readonly Tool[] {
  const built = unlessItThrows(() => buildGraph(pipeline, params))
  if (!built.ok || !built.value.ok) return []
  return built.value.value.steps.flatMap((step) => {
    const found = unlessItThrows(() => toolsOf(step.stage, step.params))
    return found.ok ? found.value : []
  })
}

/**
 * Returns where a tool is, and what runs when it is called: a link's target, a script's interpreter, another program. Of
 * Node with a model, the model is what people look for.
 */
function placePart(
  { models: [model] = [] }: Tool,
  { path, isAskedAnew }: ProbedTool,
  interpreterOf: (path: string) => string | undefined,
): Pick<ToolFinding, 'path' | 'runs'> {
  const real = realpathSync(path)
  if (model !== undefined && real === realpathSync(process.execPath)) return { path: model.path, runs: 'in Node' }
  const interpreter = interpreterOf(real)
  const runs = [
    ...(real === path ? [] : [real]),
    ...(interpreter === undefined ? [] : [`by ${interpreter}`]),
    ...(isAskedAnew === true ? ['another program, and is asked in each run'] : []),
  ]
  return runs.length === 0 ? { path } : { path, runs: runs.join(', ') }
}

function deviceText({ device, name, gpus = [], note }: FoundDevice): string {
  const named = gpus.length > 1 ? `${name ?? 'GPU'}, ${gpus.length} GPUs` : name
  return printable(
    [device, ...(named === undefined ? [] : [`(${named})`]), ...(note === undefined ? [] : [`- ${note}`])].join(' '),
  )
}

function storeText({ dir = 'none', freeBytes }: DoctorReport['store']): string {
  return printable(freeBytes === undefined ? dir : `${dir}, ${sizeText(freeBytes)} free on its disk`)
}

function reportLines(
  { node, device, store, tools, models, problems = [] }: DoctorReport,
  style: Style,
): readonly string[] {
  const missing = tools.filter(isMissed)
  const rows = tools.map((tool) => {
    const { name, version, path, runs, problem, neededBy, with: choice } = tool
    const lacking = isMissed(tool) ? style('red', 'missing') : 'not installed'
    return [
      printable(name),
      problem === undefined ? style('green', 'ok') : lacking,
      printable(version ?? ''),
      printable([path ?? '', ...(runs === undefined ? [] : [`(runs ${runs})`])].join(' ')),
      printable(`for ${neededBy.join(', ')}${choice === undefined ? '' : ` with ${choice}`}`),
    ]
  })
  return [
    ...columns([
      ['node', node],
      ['device', deviceText(device)],
      ['store', storeText(store)],
      ['models', modelsText(models)],
    ]),
    ...(store.problem === undefined ? [] : [style('red', printable(store.problem))]),
    ...(rows.length === 0 ? [] : ['', ...columns(rows)]),
    ...missing.flatMap(({ problem }) => ['', ...printableLines(problem ?? '')]),
    ...(problems.length === 0 ? [] : ['', 'the tools of these pipelines are not known:', ...problems.map(printable)]),
    '',
    missing.length === 0 ? 'all tools found' : `missing: ${printable(missing.map(({ name }) => name).join(', '))}`,
  ]
}
