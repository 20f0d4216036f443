import type { ContractContext, InputDeclarations, OutputDeclarations } from '../../src/core/index.ts'

/** What a contract needs to look at media. */
export type ContractHost = Pick<ContractContext<InputDeclarations, object, OutputDeclarations>, 'exec'>
