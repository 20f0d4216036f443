import { authorLine, type Failure } from '../../core/index.ts'
import { cutLine } from './cut-line.ts'
import { errorStack } from './error-message.ts'

/** Returns the failure of a step whose author's code threw an exception. */
export function stageThrew(step: string, error: unknown, message: string): Failure {
  const stack = errorStack(error)
  const line = authorLine(stack)
  return {
    kind: 'stage-threw',
    step,
    message: cutLine(message),
    stack: cutLine(stack),
    ...(line === undefined ? {} : { line }),
  }
}
