/** Returns the JSON Schema of the scripts that the pipeline `video` reads. */
export async function scriptSchema(): Promise<object> {
  const { scriptJsonSchema } = await import('../../stages/documents/yaml-script.ts')
  return scriptJsonSchema()
}
