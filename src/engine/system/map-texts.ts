/** Returns a JSON value with each of its texts exchanged for another, but for the names in objects. */
export function mapTexts<Value>(value: Value, map: (text: string) => string): Value {
  // Texts are exchanged for texts, and nothing else.
  return mapped(value, map) as Value
}

function mapped(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value)
  if (Array.isArray(value)) return value.map((part) => mapped(part, map))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapped(part, map)]))
}
