import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AskHost } from '../../language-model/patiently.ts'
import { patiently } from '../../language-model/patiently.ts'
import { anyExitCode, bitexactArgs, ffmpeg, fileUrl, globalArgs } from '../../tools/ffmpeg.ts'
import type { SpeechServer } from './speech-service.ts'
import type { SpeakRequest, VoiceHost } from './voice.ts'

/** How ffmpeg reads what a server sent, by the bytes that it begins with: a server may know one format alone. */
const formats: readonly (readonly [demuxer: string, begins: RegExp])[] = [
  ['wav', /^RIFF/],
  ['flac', /^fLaC/],
  ['ogg', /^OggS/],
]

/** Lets a server speak each piece. */
export async function speakByServer(
  host: VoiceHost & AskHost,
  server: SpeechServer,
  { pieces, voice, speed }: Pick<SpeakRequest, 'pieces' | 'speed'> & { readonly voice: string },
): Promise<void> {
  for (const [index, { text, wav }] of pieces.entries()) {
    const spoken = await patiently(() => server.speak({ text, voice, speed }, host.signal), host)
    if (!spoken.ok) return host.fail(spoken.error.message)
    const file = join(host.tempDir, 'received')
    await writeFile(file, spoken.value)
    const start = spoken.value.toString('latin1', 0, 4)
    const format = formats.find(([, begins]) => begins.test(start))?.[0] ?? 'mp3'
    const { exitCode } = await host.exec(ffmpeg, decodeArgs(file, format, wav), { okExitCodes: anyExitCode })
    if (exitCode !== 0) host.fail(`the speech server sent ${format} that cannot be decoded, for '${text}'`)
    host.progress((index + 1) / (pieces.length + 1))
  }
}

function decodeArgs(file: string, format: string, wav: string): string[] {
  return [
    ...globalArgs(),
    ...['-protocol_whitelist', 'file', '-f', format, '-i', fileUrl(file)],
    ...['-map', '0:a:0', '-ac', '1', '-ar', '48000', '-c:a', 'pcm_s16le', ...bitexactArgs(), '-f', 'wav', fileUrl(wav)],
  ]
}
