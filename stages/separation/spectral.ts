import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defineTool, type Tool } from 'reprise'
import { readWavHead } from '../sound/wav-head.ts'
import type { ToolHost } from '../tools/ffmpeg.ts'
import { modelArgs, modelPlace, modelTool } from '../tools/model-tool.ts'
import type { SeparateRequest, Separator } from './separator.ts'
import { spectralScript } from './spectral-script.ts'

/** Node itself: what it computes is this program's own. */
const processor = defineTool({
  name: 'node',
  command: process.execPath,
  version: { args: ['--version'], parse: (printed) => /^v(\d+)/.exec(printed)?.[1] },
  install: { other: 'https://nodejs.org/en/download' },
})

function spleeterTool(): Tool {
  return modelTool('spleeter', modelPlace('spleeter'))
}

/** Separates with the net of Spleeter, on the CPU, without a network. */
export const spleeter: Separator = {
  tools: () => [spleeterTool()],
  separate: (host, request) =>
    byMasks(host, request, spleeterTool(), (job) => modelArgs(spectralScript, modelPlace('spleeter'), job)),
}

/** Separates by signal processing alone, which needs stereo to be of much use: rough, and always there. */
export const signal: Separator = {
  tools: () => [processor],
  separate: (host, request) =>
    byMasks(host, request, processor, (job) => ['-e', spectralScript, '--', '', '', '', job]),
}

async function byMasks(
  host: ToolHost,
  { sound, voices, rest }: SeparateRequest,
  tool: Tool,
  argsFor: (job: string) => readonly string[],
): Promise<void> {
  const file = await open(sound)
  const found = await readWavHead(file).finally(() => file.close())
  if (found.kind !== 'wav') return host.fail('the sound is not a WAV file')
  const { dataAt, dataBytes } = found.head
  const job = join(host.tempDir, 'separation.json')
  await writeFile(job, JSON.stringify({ sound, dataAt, samples: Math.floor(dataBytes / 4), voices, rest }))
  const onStdoutLine = (line: string) => host.progress(0.2 + 0.7 * Number(line))
  await host.exec(tool, argsFor(job), { onStdoutLine })
}
