/** Schemas and templates that our stricter rules would refuse if they were sent today. They work as they did; a change is refused. */
import { checkLifecycle, checkPropertySchema, SchemaError } from '@fulcrum/schema'
import { parseTemplate, TemplateError } from '../templates/index.ts'
import type { Staging } from './staging.ts'

export async function warnOfSchemas(staging: Staging): Promise<void> {
  const { rows: serviceTypes } = await staging.client.query<{ id: string; properties: unknown; lifecycle: unknown }>(
    'SELECT id, property_schema AS properties, lifecycle_schema AS lifecycle FROM go_service_types WHERE skip IS NULL AND NOT placeholder ORDER BY id',
  )
  for (const { id, properties, lifecycle } of serviceTypes) {
    await warn(staging, 'service_types', id, 'property schema', () => checkPropertySchema(properties, 'service'))
    await warn(staging, 'service_types', id, 'lifecycle', () => checkLifecycle(lifecycle))
  }
  const { rows: agentTypes } = await staging.client.query<{
    id: string
    schema: unknown
    config: string
    command: string
  }>(
    'SELECT id, configuration_schema AS schema, config_template AS config, cmd_template AS command FROM go_agent_types WHERE skip IS NULL AND NOT placeholder ORDER BY id',
  )
  for (const { id, schema, config, command } of agentTypes) {
    await warn(staging, 'agent_types', id, 'configuration schema', () => checkPropertySchema(schema, 'agent'))
    await warn(staging, 'agent_types', id, 'template', () => parseTemplate('configTemplate', config))
    await warn(staging, 'agent_types', id, 'template', () => parseTemplate('cmdTemplate', command))
  }
}

async function warn(
  staging: Staging,
  table: 'service_types' | 'agent_types',
  id: string,
  what: string,
  check: () => unknown,
): Promise<void> {
  try {
    check()
  } catch (error) {
    if (!(error instanceof SchemaError || error instanceof TemplateError)) throw error
    const text = `has a ${what} that would be refused today: ${error.message.slice(0, 300)}`
    await staging.find({ table, id, treatment: 'warning', text, count: 1 })
  }
}
