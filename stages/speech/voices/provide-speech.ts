import { type Provision, provide, provideLazily } from 'reprise'
import { providedSpeechServer, type SpeechServer, speechServerKey } from './speech-service.ts'

/** The variables that say which server speaks for `voice=api`. */
export const speechVariables = {
  address: 'REPRISE_SPEECH_ADDRESS',
  model: 'REPRISE_SPEECH_MODEL',
  key: 'REPRISE_SPEECH_KEY',
} as const

/**
 * Provides the speech server that the environment names. Offline, nothing is asked: what was spoken once is used as always,
 * and a step that would ask fails.
 */
export function provideSpeechServer(
  env: Readonly<Record<string, string | undefined>>,
  { offline = false } = {},
): readonly Provision[] {
  return [
    provideLazily(providedSpeechServer, () => serverOf(env, offline)),
    provide(speechServerKey, env[speechVariables.key] || 'none'),
  ]
}

async function serverOf(env: Readonly<Record<string, string | undefined>>, offline: boolean): Promise<SpeechServer> {
  const address = env[speechVariables.address] ?? ''
  const model = env[speechVariables.model] ?? ''
  if (model === '')
    throw new Error(`set ${speechVariables.model} to the name of the model that speaks, as its server has it`)
  if (offline) return offlineServer(model)
  if (!/^https?:\/\//.test(address))
    throw new Error(`set ${speechVariables.address} to the address of its API, such as http://127.0.0.1:8880/v1`)
  const { speechClient } = await import('./speech-client.ts')
  return speechClient({ address, model, key: env[speechVariables.key] })
}

function offlineServer(model: string): SpeechServer {
  const message = `the run is offline and what ${model} is to speak is not in the store; run once without --offline`
  return { model, speak: () => Promise.resolve({ ok: false, error: { kind: 'offline', message } }) }
}
