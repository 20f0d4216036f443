import type { ParamEntry } from '../../api/messages.ts'

interface FieldsProps {
  readonly params: readonly ParamEntry[]
  /** Texts as `-p` takes them; one that is not there has its default. */
  readonly texts: Readonly<Record<string, string>>
  readonly onChange: (name: string, text: string) => void
  /** What stands before a value that need not be written. */
  readonly word?: string
}

/** A field for each param, as its schema says. */
export function ParamFields({ params, texts, onChange, word = 'default' }: FieldsProps) {
  return (
    <div class="fields">
      {params.map((param) => (
        <Field
          key={param.name}
          param={param}
          word={word}
          text={texts[param.name] ?? ''}
          onChange={(text) => onChange(param.name, text)}
        />
      ))}
    </div>
  )
}

interface FieldProps {
  readonly param: ParamEntry
  readonly text: string
  readonly word: string
  readonly onChange: (text: string) => void
}

function Field({ param: { name, type, description, default: fallback, required }, text, word, onChange }: FieldProps) {
  const choices = choicesOf(type)
  const id = `param-${name}`
  const usual =
    fallback === undefined ? (required ? 'required' : 'may be left out') : `${word} ${textOf(fallback) || 'empty'}`
  return (
    <div class="field">
      <label for={id}>
        <b>{name}</b> {choices.length > 0 ? null : <span class="soft small">{type}</span>}
      </label>
      {choices.length > 0 ? (
        <select id={id} value={text} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
          <option value="">{usual}</option>
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          value={text}
          placeholder={usual}
          inputMode={/^(number|integer)$/.test(type) ? 'decimal' : 'text'}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
      {description === undefined ? null : <span class="soft small">{description}</span>}
    </div>
  )
}

function choicesOf(type: string): readonly string[] {
  if (type === 'boolean') return ['true', 'false']
  return type.includes(' | ') ? type.split(' | ') : []
}

/** Returns a value as `-p` takes it. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  const isPlainList =
    Array.isArray(value) && value.every((part) => typeof part === 'string' && part !== '' && !part.includes(','))
  return isPlainList ? value.join(',') : (JSON.stringify(value) ?? '')
}
