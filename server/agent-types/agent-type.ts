/** What an agent type is: which service types its agents serve, and how they are configured and installed. */
import { checkPropertySchema, type PropertySchema, SchemaError } from '@fulcrum/schema'
import { invalidInput } from '../platform/errors.ts'
import { checkTemplates } from './install-templates.ts'

export type AgentType = {
  id: string
  name: string
  /** In the order in which they were given, without repetitions. */
  serviceTypeIds: string[]
  configurationSchema: PropertySchema
  configTemplate: string
  cmdTemplate: string
  configContentType: string
  /** Its agents were written before members of API v1 were renamed. */
  legacyDialect: boolean
  createdAt: Date
  updatedAt: Date
}

export const DEFAULT_CONTENT_TYPE = 'text/plain'

/** Longer names do not fit into the index that keeps them unique. */
const MAX_NAME_BYTES = 1000
/** A header; also bounds the work of the pattern below. */
const MAX_CONTENT_TYPE_LENGTH = 255

/**
 * Checks in the contract's order: name, schema, templates, content type (DOMAIN.md 2.2).
 *
 * @returns with the schema in its stored form
 * @throws Refusal `invalid` with the contract's text
 */
export function checkAgentType(
  type: Omit<AgentType, 'configurationSchema'> & { configurationSchema: unknown },
): AgentType {
  if (type.name === '') throw invalidInput('agent type name cannot be empty')
  if (Buffer.byteLength(type.name) > MAX_NAME_BYTES)
    throw invalidInput(`agent type name cannot be longer than ${MAX_NAME_BYTES} bytes`)
  const configurationSchema = checkConfigurationSchema(type.configurationSchema)
  checkTemplates({ ...type, configurationSchema })
  const configContentType = type.configContentType || DEFAULT_CONTENT_TYPE
  if (configContentType.length > MAX_CONTENT_TYPE_LENGTH)
    throw invalidInput(`configContentType cannot be longer than ${MAX_CONTENT_TYPE_LENGTH} characters`)
  const fault = mediaTypeFault(configContentType)
  if (fault) throw invalidInput(`configContentType "${configContentType}" is not a valid media type: mime: ${fault}`)
  return { ...type, configurationSchema, configContentType, serviceTypeIds: [...new Set(type.serviceTypeIds)] }
}

const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+"
/** Visible ASCII only: the media type becomes a header of the answer that carries the configuration. */
const PARAMETERS = new RegExp(
  `^(?:[ \\t]*;[ \\t]*${TOKEN}[ \\t]*=[ \\t]*(?:${TOKEN}|"(?:[ !#-\\[\\]-~]|\\\\[ -~])*"))*[ \\t]*;?[ \\t]*$`,
)

/**
 * What is wrong with a media type (RFC 9110, section 8.3.1), in the words that API v1 has always used; null when nothing is.
 * A type without subtype is accepted, as it always was.
 */
function mediaTypeFault(text: string): string | null {
  const [base = ''] = text.split(';', 1)
  const [type = '', rest = ''] = splitToken(base.replace(/^[ \t]+|[ \t]+$/g, ''))
  if (type === '') return 'no media type'
  if (rest !== '' && !rest.startsWith('/')) return 'expected slash after first token'
  if (rest !== '') {
    const [subtype = '', more = ''] = splitToken(rest.slice(1))
    if (subtype === '') return 'expected token after slash'
    if (more !== '') return 'unexpected content after media subtype'
  }
  return PARAMETERS.test(text.slice(base.length)) ? null : 'invalid media parameter'
}

/** The token at the beginning of a text, and what follows it. */
function splitToken(text: string): [string, string] {
  const token = new RegExp(`^${TOKEN}`).exec(text)?.[0] ?? ''
  return [token, text.slice(token.length)]
}

function checkConfigurationSchema(schema: unknown): PropertySchema {
  try {
    return checkPropertySchema(schema, 'agent')
  } catch (error) {
    if (error instanceof SchemaError) throw invalidInput(`configurationSchema: ${error.message}`)
    throw error
  }
}
