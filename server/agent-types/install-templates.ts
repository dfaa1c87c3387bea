/** The templates of an agent type: the configuration file of an agent, and the command that installs it. */
import type { Json, JsonObject, PropertyDefinition, PropertySchema } from '@fulcrum/schema'
import { invalidInput } from '../platform/errors.ts'
import { parseTemplate, render, TemplateError } from '../templates/index.ts'

export type InstallTemplate = 'configTemplate' | 'cmdTemplate'

/** What the configuration may use beside the agent's properties: a lasting token, unless a property has this name. */
export const AGENT_TOKEN = 'agentToken'
/** What the command must use: without the one it installs nothing, without the other it may not. */
const OF_THE_COMMAND = ['configUrl', 'authToken']

type Templates = { configurationSchema: PropertySchema; configTemplate: string; cmdTemplate: string }

/**
 * Both or none, and each is tried on made-up data of the schema (contract, DOMAIN.md 7.4).
 *
 * @throws Refusal `invalid` with the contract's text
 */
export function checkTemplates({ configurationSchema, configTemplate, cmdTemplate }: Templates): void {
  if ((configTemplate === '') !== (cmdTemplate === ''))
    throw invalidInput('configTemplate and cmdTemplate must both be set or both be empty')
  if (configTemplate === '') return
  const sample = sampleOfMembers(configurationSchema.properties)
  tryOut('configTemplate', configTemplate, { [AGENT_TOKEN]: '', ...sample })
  const forCommand = { ...sample, ...Object.fromEntries(OF_THE_COMMAND.map((name) => [name, ''])) }
  tryOut('cmdTemplate', cmdTemplate, forCommand)
  for (const name of OF_THE_COMMAND) {
    const { [name]: _, ...without } = forCommand
    if (!failsFor(name, cmdTemplate, without))
      throw invalidInput(`cmdTemplate must reference {{.${name}}} when configTemplate is set`)
  }
}

/**
 * @returns the text, with nothing escaped
 * @throws TemplateError worded as the contract words it; it holds no value of the data
 */
export function renderTemplate(which: InstallTemplate, template: string, data: JsonObject): string {
  try {
    return render(parseTemplate(which, template), data)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    const { unknownProperty } = error
    if (unknownProperty === undefined) throw new TemplateError(`${which}: ${error.message}`)
    throw new TemplateError(`${which} references unknown property "${unknownProperty}"`, { unknownProperty })
  }
}

function tryOut(which: InstallTemplate, template: string, data: JsonObject): void {
  try {
    renderTemplate(which, template, data)
  } catch (error) {
    throw error instanceof TemplateError ? invalidInput(error.message) : error
  }
}

/** What stands in a branch that is not taken does not count. */
function failsFor(name: string, cmdTemplate: string, data: JsonObject): boolean {
  try {
    renderTemplate('cmdTemplate', cmdTemplate, data)
    return false
  } catch (error) {
    if (error instanceof TemplateError) return error.unknownProperty === name
    throw error
  }
}

function sampleOfMembers(members: Readonly<Record<string, PropertyDefinition>>): JsonObject {
  return Object.fromEntries(Object.entries(members).map(([name, definition]) => [name, sampleOf(definition)]))
}

/** A value of the type; arrays have one entry, so that what is inside a loop is tried, too. */
function sampleOf({ type, properties, items }: PropertyDefinition): Json {
  switch (type) {
    case 'integer':
    case 'number':
      return 0
    case 'boolean':
      return false
    case 'object':
      return sampleOfMembers(properties ?? {})
    case 'array':
      return items ? [sampleOf(items)] : []
    case 'string':
    case 'uuid':
    case 'json':
      return ''
  }
}
