import type { Problem } from '../failure/failure.ts'
import { isRecord } from '../failure/json-value.ts'
import type { AnyStage } from './stage.ts'
import { stagePathProblems } from './stage-path-problems.ts'
import type { Tool } from './tool.ts'

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/
const secretName = /API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|TOKEN|SECRET|PASSW(OR)?D|PASSPHRASE|CREDENTIAL/i

/** Returns what is wrong with a stage itself, wherever it is placed. */
export function stageProblems(where: string, stage: AnyStage): readonly Problem[] {
  const { env = [], threads = {}, tools = [] } = stage
  return [
    ...toolProblems(where, tools),
    ...variableProblems(where, env),
    ...threadProblems(where, threads),
    ...stagePathProblems(where, stage),
  ]
}

function threadProblems(where: string, threads: Readonly<Record<string, unknown>>): readonly Problem[] {
  return Object.entries(threads).flatMap(([name, module]) => {
    if (module instanceof URL && module.protocol === 'file:') return []
    const message = `its thread '${name}' is not a file URL; write new URL('./${name}.ts', import.meta.url)`
    return [{ where, message }]
  })
}

function variableProblems(where: string, env: readonly string[]): readonly Problem[] {
  return env.flatMap((name) => {
    if (!variableName.test(name)) return [{ where, message: `'${name}' in its env is not a valid name of a variable` }]
    if (!secretName.test(name)) return []
    const message = `'${name}' in its env looks like a secret, and env values are written to keys and manifests; read it from process.env in 'run' instead`
    return [{ where, message }]
  })
}

/** Returns what is missing in a stage that was declared without types; only one without problems can be placed. */
export function declarationProblems(where: string, stage: unknown): readonly Problem[] {
  if (!isRecord(stage)) return [{ where, message: "what is placed there is not a stage; define it with 'defineStage'" }]
  const { name, version, inputs, params, outputs, run, tools = [], toolsFor } = stage
  const missing = [
    ...(typeof name === 'string' && name !== '' ? [] : ["its stage has no 'name'"]),
    ...(typeof version === 'number' ? [] : ["its stage has no 'version', which is a number"]),
    ...(isRecord(inputs) ? declared('input', inputs) : ["its stage has no 'inputs'; where it takes none, write {}"]),
    ...(isRecord(outputs) ? declared('output', outputs) : ["its stage has no 'outputs'"]),
    ...(isRecord(params) && '~standard' in params
      ? []
      : ["its stage has no 'params', which is a schema; where it takes none, write z.object({})"]),
    ...(typeof run === 'function' ? [] : ["its stage has no function 'run'"]),
    ...(toolsFor === undefined || typeof toolsFor === 'function' ? [] : ["'toolsFor' of its stage is not a function"]),
    ...(Array.isArray(tools) ? [] : ["'tools' of its stage is not a list"]),
  ]
  return missing.map((message) => ({ where, message }))
}

function declared(what: string, declarations: Readonly<Record<string, unknown>>): readonly string[] {
  const isDeclared = (declaration: unknown) =>
    what === 'input' && typeof declaration === 'string'
      ? declaration === 'file' || declaration === 'tree'
      : typeof declaration === 'string' || (isRecord(declaration) && typeof declaration.kind === 'string')
  return Object.entries(declarations).flatMap(([name, declaration]) => {
    if (isDeclared(declaration)) return []
    const ways = what === 'input' ? "'file', 'tree' or json(schema)" : "a path, 'folder/' or json(schema)"
    return [`its ${what} '${name}' is declared as nothing that is known: declare it as ${ways}`]
  })
}

/** Returns what is missing in the tools of a stage, which may be declared without types. */
export function toolProblems(where: string, tools: readonly Tool[]): readonly Problem[] {
  return tools.flatMap((tool: unknown) => missingIn(tool).map((message) => ({ where, message })))
}

/** Returns which tools do not say how to install them: a run needs to know that only where one is missing. */
export function installProblems(where: string, tools: readonly Tool[]): readonly Problem[] {
  return tools.flatMap(({ name, install }: Partial<Tool>) => {
    if (install !== undefined) return []
    const message = `its tool '${name}' has no 'install', which says how to install it, as in install: { debian: 'ffmpeg' }`
    return [{ where, message }]
  })
}

function missingIn(tool: unknown): readonly string[] {
  if (!isRecord(tool)) return ["one of its tools is none; define it with 'defineTool'"]
  const { name, command, version, models = [] } = tool
  if (typeof name !== 'string' || name === '') return ["one of its tools has no 'name'"]
  const has = `its tool '${name}' has no`
  return [
    ...(typeof command === 'string' && command !== ''
      ? []
      : [`${has} 'command': the name of a program on PATH, or an absolute path`]),
    ...(isRecord(version) && Array.isArray(version.args) && typeof version.parse === 'function'
      ? []
      : [`${has} 'version' with args and parse, as in version: { args: ['-version'], parse: (text) => text.trim() }`]),
    ...(hasOddInstall(tool) ? [`${has} 'install' that is known`] : []),
    ...(Array.isArray(models) ? [] : [`${has} list of 'models'`]),
  ]
}

/** One that is computed where the tool is missing may take long, and is not asked for here. */
function hasOddInstall(tool: object): boolean {
  const install: unknown = Object.getOwnPropertyDescriptor(tool, 'install')?.value
  return install !== undefined && !isRecord(install)
}
