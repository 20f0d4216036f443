import type { Problem } from '../failure/failure.ts'
import type { AnyStage } from './stage.ts'
import { stagePathProblems } from './stage-path-problems.ts'

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/
const secretName = /API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|TOKEN|SECRET|PASSW(OR)?D|PASSPHRASE|CREDENTIAL/i

/** Returns what is wrong with a stage itself, wherever it is placed. */
export function stageProblems(where: string, stage: AnyStage): readonly Problem[] {
  const { env = [], threads = {} } = stage
  return [...variableProblems(where, env), ...threadProblems(where, threads), ...stagePathProblems(where, stage)]
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
