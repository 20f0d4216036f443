export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const

/** How much is written; each level includes those before it. */
export type LogLevel = (typeof logLevels)[number]
