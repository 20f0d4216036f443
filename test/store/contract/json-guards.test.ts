import { expect, it } from 'vitest'
import { actionKey, isKeyOf } from '../../../store/contract/canonical-json.ts'
import { guardedParse } from '../../../store/contract/json-guards.ts'

it('JSON that is nested too deeply is invalid, and does not end the program', () => {
  const deep = 200_000
  expect(guardedParse(`${'['.repeat(deep)}{"__proto__":1}${']'.repeat(deep)}`)).toBeUndefined()
  expect(guardedParse('[{"__proto__":1}]')).toBeUndefined()
  expect(guardedParse('{"a":"__proto__"}')).toEqual({ a: '__proto__' })
})

it('an action without a canonical form has no key', () => {
  const action = { stage: 'demo' }
  expect(isKeyOf(actionKey(action), action)).toBe(true)
  expect(isKeyOf(actionKey(action), { stage: 'other' })).toBe(false)
  expect(isKeyOf(actionKey(action), { stage: '\ud800' })).toBe(false)
})
