export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const

/** How much is said; each level says what those before it say. */
export type LogLevel = (typeof logLevels)[number]
