import type { Failure, Violation } from '../failure/failure.ts'
import type { InputDeclarations, MadeOutputs, OutputDeclarations, StageContext } from './stage-context.ts'

/**
 * What a contract is given: the stage's inputs and params, and its outputs: paths of files and trees, values of JSON.
 */
export interface ContractContext<Inputs extends InputDeclarations, Params, Outputs extends OutputDeclarations>
  extends Pick<StageContext<Inputs, Params, Outputs>, 'inputs' | 'params' | 'tempDir' | 'signal' | 'exec' | 'log'> {
  readonly outputs: MadeOutputs<Outputs>
}

/**
 * A check on a stage's outputs, made before anything is stored. It may run the stage's tools, and changes nothing.
 * It is not part of the key: it decides whether a result is kept, not what it is.
 */
export interface Contract<
  Inputs extends InputDeclarations = InputDeclarations,
  Params = object,
  Outputs extends OutputDeclarations = OutputDeclarations,
> {
  /** A few words: `lasts as long as the input`. */
  readonly name: string
  /** Returns what is wrong; nothing if the outputs are right. */
  readonly check: (context: ContractContext<Inputs, Params, Outputs>) => Verdict | Promise<Verdict>
}

export type Verdict = readonly Violation[] | undefined

/** A contract of a stage whose declarations are known only at run time. */
export interface AnyContract extends Omit<Contract, 'check'> {
  check(context: ContractContext<InputDeclarations, object, OutputDeclarations>): Verdict | Promise<Verdict>
}

/**
 * Returns the failure of the first contract that a stage's outputs violate. Throws on a contract that answers
 * otherwise.
 */
export async function violatedContract(
  step: string,
  { contracts = [] }: { readonly contracts?: readonly AnyContract[] },
  context: ContractContext<InputDeclarations, object, OutputDeclarations>,
): Promise<Failure | undefined> {
  for (const contract of contracts) {
    const violations = (await contract.check(context)) ?? []
    // Without types, an author may return anything.
    if (!Array.isArray(violations))
      throw new TypeError(`the contract '${contract.name}' must return a list of violations: [{ message: '...' }]`)
    if (violations.length > 0) return { kind: 'contract-violated', step, contract: contract.name, violations }
  }
  return undefined
}
