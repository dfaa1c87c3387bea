// Warnings for a schema that is acceptable and may still surprise its author: the traps that the contract keeps
// (DOMAIN 17), and definitions that can never act. Nothing here refuses anything.

import type { LifecycleSchema } from './lifecycle/lifecycle.ts'
import { lintLifecycle } from './lint-lifecycle.ts'
import { lintRules } from './lint-rules.ts'
import { listedActors } from './property/authorizers.ts'
import type { PropertyDefinition, PropertySchema } from './property/definition.ts'

/** `path` is the property (`disk.size`, `disks[]`), `lifecycle…` for the lifecycle, or '' for the schema as a whole. */
export type Warning = { path: string; message: string }

/**
 * Looks for traps in an accepted property schema and, for service types, its lifecycle.
 *
 * @param schema as `checkPropertySchema` returned it
 * @param lifecycle as `checkLifecycle` returned it; absent for agent types
 * @returns warnings for people, in the order of the definition; empty when there is nothing to say
 */
export function lintSchema(schema: PropertySchema, lifecycle?: LifecycleSchema): Warning[] {
  return [
    ...Object.entries(schema.properties).flatMap(([name, definition]) => lintProperty(definition, name, lifecycle)),
    ...lintSchemaValidators(schema),
    ...(lifecycle === undefined ? lintConfiguration(schema) : lintLifecycle(lifecycle)),
  ]
}

function lintConfiguration(schema: PropertySchema): Warning[] {
  const skipped = Object.values(schema.properties).some(
    (definition) => definition.required || definition.default !== undefined || definition.generator !== undefined,
  )
  const message =
    'an agent created without a configuration skips this schema: nothing is required of it and no default or pool value is filled in'
  return skipped ? [{ path: '', message }] : []
}

function lintProperty(definition: PropertyDefinition, path: string, lifecycle?: LifecycleSchema): Warning[] {
  return [
    ...lintGiving(definition, lifecycle).map((message) => ({ path, message })),
    ...lintRules(definition, lifecycle).map((message) => ({ path, message })),
    ...lintInside(definition, path, lifecycle),
  ]
}

function lintGiving(definition: PropertyDefinition, lifecycle?: LifecycleSchema): string[] {
  const { authorizers = [], generator, required, secret } = definition
  const messages: string[] = []
  const actors = authorizers.map(listedActors).filter((list) => list !== null)
  const filledByItself = definition.default !== undefined || generator !== undefined
  // Agent types have no authorizers, so without a lifecycle the advice could not be followed.
  if (generator !== undefined && actors.length === 0 && lifecycle !== undefined)
    messages.push(
      'anybody may give a value, and then nothing is taken from the pool; reserve the property with an actor authorizer for "system"',
    )
  if (required && !filledByItself && actors.some((list) => !list.includes('user')))
    messages.push('it is required but users may not give it, so no user can ever create a service of this type')
  if (secret?.type === 'ephemeral')
    messages.push('the secret is deleted after the next job, while its reference stays in the properties')
  if (secret !== undefined && definition.default !== undefined)
    messages.push('the default of a secret can be read by everybody who may read this schema')
  return messages
}

function lintInside(definition: PropertyDefinition, path: string, lifecycle?: LifecycleSchema): Warning[] {
  const members = Object.entries(definition.properties ?? {}).flatMap(([name, member]) =>
    lintProperty(member, `${path}.${name}`, lifecycle),
  )
  const { items } = definition
  if (items === undefined) return members
  const inert = lintInertItem(items).map((message) => ({ path: `${path}[]`, message }))
  const merged = {
    path,
    message: 'on update an entry inherits members that are not given from the stored entry at the same index',
  }
  // What never acts on items must not be judged as if it did.
  const { default: _default, generator: _generator, authorizers: _authorizers, ...acting } = items
  return [
    ...members,
    ...(items.properties === undefined ? [] : [merged]),
    ...inert,
    ...lintProperty({ ...acting, required: false }, `${path}[]`, lifecycle),
  ]
}

function lintInertItem(items: PropertyDefinition): string[] {
  const inert = [
    items.required ? 'required' : null,
    items.immutable ? 'immutable' : null,
    items.default !== undefined ? 'default' : null,
    items.generator !== undefined ? 'generator' : null,
    items.authorizers !== undefined ? 'authorizers' : null,
  ].filter((name) => name !== null)
  return inert.length === 0 ? [] : [`${inert.join(', ')} on items never acts`]
}

function lintSchemaValidators(schema: PropertySchema): Warning[] {
  return (schema.validators ?? []).flatMap((rule) => {
    const listed = rule.config?.properties
    const names = Array.isArray(listed) ? listed.filter((name) => typeof name === 'string') : []
    const warnings: Warning[] = []
    if (rule.type === 'exactlyOne')
      warnings.push({
        path: '',
        message: `exactlyOne of ${names.join(', ')}: a value cannot be removed on update, so nobody can switch from one to another`,
      })
    for (const name of names)
      if (!Object.hasOwn(schema.properties, name))
        warnings.push({ path: '', message: `${rule.type} names ${name}, which is not defined` })
    return warnings
  })
}
