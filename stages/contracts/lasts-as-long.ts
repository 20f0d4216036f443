import type { Contract, ContractContext, InputDeclarations, OutputDeclarations } from 'reprise'
import { ffprobe, parseProbe, probeArgs } from '../tools/ffprobe.ts'

export interface LastsAsLong<Input extends string, Output extends string> {
  readonly output: Output
  readonly input: Input
  /** How far the two may be apart, in seconds. */
  readonly toleranceS: number
}

type ContractHost = Pick<ContractContext<InputDeclarations, object, OutputDeclarations>, 'exec'>

/** Returns the contract that a media output lasts as long as a media input. The stage declares `ffprobe` in its tools. */
export function lastsAsLong<Input extends string, Output extends string>({
  output,
  input,
  toleranceS,
}: LastsAsLong<Input, Output>): Contract<Readonly<Record<Input, 'file'>>, object, Readonly<Record<Output, string>>> {
  return {
    name: `${output} lasts as long as ${input}`,
    async check(context) {
      const inputPath: string = context.inputs[input]
      const outputPath: string = context.outputs[output]
      const [madeS, givenS] = [await durationS(context, outputPath), await durationS(context, inputPath)]
      if (madeS !== undefined && givenS !== undefined && Math.abs(madeS - givenS) <= toleranceS) return undefined
      const expected = givenS === undefined ? undefined : `${secondsText(givenS)}, give or take ${toleranceS} s`
      return [
        {
          message: `${output} does not last as long as ${input}`,
          ...(expected === undefined ? {} : { expected }),
          found: madeS === undefined ? 'no duration' : secondsText(madeS),
        },
      ]
    },
  }
}

async function durationS(host: ContractHost, path: string): Promise<number | undefined> {
  const { stdout } = await host.exec(ffprobe, probeArgs(path), { okExitCodes: [0, 1] })
  return parseProbe(stdout)?.durationS
}

function secondsText(seconds: number): string {
  return `${seconds.toFixed(3)} s`
}
