/** Any value that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject

/** A JSON object; a property whose value is `undefined` counts as absent. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined
}
