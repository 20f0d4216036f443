import { type Provision, provide, provideLazily } from 'reprise'
import { type LanguageModel, languageModel, languageModelKey } from './language-model.ts'

/** The variables that say which language model is asked. */
export const modelVariables = {
  address: 'REPRISE_LLM_ADDRESS',
  model: 'REPRISE_LLM_MODEL',
  key: 'REPRISE_LLM_KEY',
} as const

/**
 * Provides the language model that the environment names. Offline, nothing is asked: results that are stored are used as
 * always, and a step that would ask fails.
 */
export function provideLanguageModel(env: NodeJS.ProcessEnv, { offline = false } = {}): readonly Provision[] {
  return [
    provideLazily(languageModel, () => modelOf(env, offline)),
    provide(languageModelKey, env[modelVariables.key] || 'none'),
  ]
}

async function modelOf(env: NodeJS.ProcessEnv, offline: boolean): Promise<LanguageModel> {
  const address = env[modelVariables.address] ?? ''
  const model = env[modelVariables.model] ?? ''
  if (model === '') throw new Error(`set ${modelVariables.model} to the name of the model, as its server has it`)
  if (offline) return offlineModel(model)
  if (!/^https?:\/\//.test(address))
    throw new Error(`set ${modelVariables.address} to the address of its API, such as http://127.0.0.1:8080/v1`)
  const { openAiClient } = await import('./openai-client.ts')
  return openAiClient({ address, model, key: env[modelVariables.key] })
}

function offlineModel(model: string): LanguageModel {
  const message = `the run is offline and the answer of ${model} is not in the store; run once without --offline`
  return { model, ask: () => Promise.resolve({ ok: false, error: { kind: 'offline', message } }) }
}
