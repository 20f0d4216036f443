import type { Problem } from './failure.ts'
import type { AnyStage } from './stage.ts'

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/
const secretName = /API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|TOKEN|SECRET|PASSW(OR)?D|PASSPHRASE|CREDENTIAL/i

/** Returns what is wrong with a stage itself, wherever it is placed. */
export function stageProblems(where: string, { env = [] }: AnyStage): readonly Problem[] {
  return env.flatMap((name) => {
    if (!variableName.test(name)) return [{ where, message: `'${name}' in its env is no name of a variable` }]
    if (!secretName.test(name)) return []
    const message = `'${name}' in its env looks like a secret, and what stands there is written into keys and manifests: let run read it from process.env`
    return [{ where, message }]
  })
}
