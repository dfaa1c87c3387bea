/** What an agent type is: which service types its agents serve, and how they are configured and installed. */
import { checkPropertySchema, type PropertySchema, SchemaError } from '@fulcrum/schema'
import { invalidInput } from '../platform/errors.ts'

export type AgentType = {
  id: string
  name: string
  /** In the order in which they were given, without repetitions. */
  serviceTypeIds: string[]
  configurationSchema: PropertySchema
  configTemplate: string
  cmdTemplate: string
  configContentType: string
  createdAt: Date
  updatedAt: Date
}

export const DEFAULT_CONTENT_TYPE = 'text/plain'

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
  const configurationSchema = checkConfigurationSchema(type.configurationSchema)
  checkTemplates(type)
  const configContentType = type.configContentType || DEFAULT_CONTENT_TYPE
  if (!MEDIA_TYPE.test(configContentType))
    throw invalidInput(`configContentType '${configContentType}' is not a media type`)
  return { ...type, configurationSchema, configContentType, serviceTypeIds: [...new Set(type.serviceTypeIds)] }
}

/** RFC 9110, section 8.3.1: type/subtype with parameters. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[\w!#$&^.+-]+=("[^"]*"|[\w!#$&^.+-]+))*$/

function checkConfigurationSchema(schema: unknown): PropertySchema {
  try {
    return checkPropertySchema(schema, 'agent')
  } catch (error) {
    if (error instanceof SchemaError) throw invalidInput(`configurationSchema: ${error.message}`)
    throw error
  }
}

/** Both or none. What is inside is tried when an installation is rendered. */
function checkTemplates({ configTemplate, cmdTemplate }: Pick<AgentType, 'configTemplate' | 'cmdTemplate'>): void {
  if ((configTemplate === '') !== (cmdTemplate === ''))
    throw invalidInput('configTemplate and cmdTemplate must both be set or both be empty')
}
