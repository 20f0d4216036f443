import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { comparedWords, wordErrors } from './word-errors.ts'

/** What each voice speaks: no figures and no names that can be written in two ways. */
const texts: Readonly<Record<string, readonly string[]>> = {
  en: [
    'The northern lights danced above the frozen lake while the fishermen repaired their nets.',
    'Nobody had expected the supply ship to arrive before the end of March.',
    'Choose the file that you want to keep, and the program remembers its content.',
    'When a sentence changes, only its own scene is spoken and drawn again.',
    'The engineer measured the temperature of the water every morning and wrote it down.',
    'If the library is closed, please return the books through the window on the left.',
    'Three of the seven bridges were built before the railway reached the valley.',
    'A careful reader will notice that the second chapter answers the question of the first.',
  ],
  es: [
    'El barco llegó al puerto antes del amanecer con la comida para todo el invierno.',
    'La biblioteca está cerrada, pero puede dejar los libros en la ventana de la izquierda.',
    'El ingeniero mide la temperatura del agua cada mañana y la escribe en su cuaderno.',
    'Nadie esperaba que el tren llegara tan pronto a la ciudad.',
  ],
  fr: [
    'Le bateau est arrivé au port avant le lever du soleil avec la nourriture pour tout le village.',
    'La bibliothèque est fermée, mais vous pouvez laisser les livres devant la fenêtre.',
    'Chaque matin, la directrice mesure la température de la rivière.',
    'Personne ne pensait que le train arriverait aussi vite dans la ville.',
  ],
  it: [
    'La nave è arrivata nel porto prima del tramonto con il cibo per tutta la città.',
    'La biblioteca è chiusa, ma può lasciare i libri davanti alla finestra.',
    'Ogni mattina la maestra misura la temperatura della stanza e la scrive sul quaderno.',
    'Nessuno pensava che il treno arrivasse così presto.',
  ],
  pt: [
    'O navio chegou ao porto antes do amanhecer com a comida para toda a cidade.',
    'A biblioteca está fechada, mas pode deixar os livros na janela da esquerda.',
    'Todas as manhãs a professora mede a temperatura da água e escreve no caderno.',
    'Ninguém esperava que o trem chegasse tão cedo.',
  ],
}

/** The voices that are measured where nothing else is asked for, by language. */
const usual: readonly (readonly [language: string, voice: string])[] = [
  ['en', 'af_heart'],
  ['en', 'am_fenrir'],
  ['en', 'bf_emma'],
  ['en', 'joe'],
  ['en', 'slt'],
  ['en', 'espeak-ng'],
  ...['es', 'fr', 'it', 'pt'].flatMap((language): (readonly [string, string])[] => [
    [language, 'kokoro'],
    [language, 'espeak-ng'],
  ]),
]

interface Measuring {
  readonly cli: string
  readonly scratch: string
  readonly show: boolean
}

/** Lets voices speak and Whisper listen, and prints how many words it heard otherwise. */
export function measureVoices(measuring: Measuring, language: string | undefined): void {
  console.log('| language | voice | word errors | words | speech | CPU time |\n| --- | --- | --- | --- | --- | --- |')
  for (const [spoken, voice] of usual) {
    if (language === undefined || spoken === language) console.log(rowOf(measuring, spoken, voice))
  }
}

function rowOf({ cli, scratch, show }: Measuring, language: string, voice: string): string {
  const said = (texts[language] ?? []).join(' ')
  const script = join(scratch, 'script.yaml')
  const job = join(scratch, 'voice')
  const heardJob = join(scratch, 'heard')
  writeFileSync(script, `scenes:\n  - title: A\n    say: ${JSON.stringify(said)}\n`)
  for (const old of [job, heardJob]) rmSync(old, { recursive: true, force: true })
  const store = ['--store', join(scratch, 'store')]
  const reprise = (args: readonly string[]) =>
    execFileSync(process.execPath, [cli, ...args, ...store], { stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    reprise([
      'run',
      'video',
      script,
      '--job',
      job,
      '--to',
      'narrate',
      '-p',
      `language=${language}`,
      '-p',
      `voice=${voice}`,
    ])
    const scene = join(job, '05_narrate', readdirSync(join(job, '05_narrate'))[0] ?? '')
    const recognizer = ['-p', 'recognizer=whisper-base', '-p', `language=${language}`]
    reprise(['run', 'subtitles', join(scene, 'speech.wav'), '--job', heardJob, '--to', 'stitch', ...recognizer])
    const transcript = JSON.parse(readFileSync(join(heardJob, '02_stitch', 'speech.json'), 'utf8'))
    const heard: string = transcript.utterances.map(({ text }: { text: string }) => text).join(' ')
    const manifest = JSON.parse(readFileSync(join(scene, 'manifest.json'), 'utf8'))
    if (show) console.error(`${said}\n  ${heard}`)
    const truth = comparedWords(said)
    const errors = wordErrors(truth, comparedWords(heard))
    const rate = ((100 * errors) / truth.length).toFixed(1)
    const cells = [
      `${rate} %`,
      truth.length,
      `${transcript.durationS.toFixed(0)} s`,
      `${(manifest.cpu_time_ms / 1000).toFixed(0)} s`,
    ]
    return `| ${language} | ${voice} | ${cells.join(' | ')} |`
  } catch (error) {
    if (error instanceof Error && 'stderr' in error) console.error(String(error.stderr).trim())
    return `| ${language} | ${voice} | cannot be run here | | | |`
  }
}
