// Secrets in properties: the value is in the vault, the property holds a reference to it (contract, DOMAIN 3.10). A text
// that looks like a reference counts as one only at a place that the schema declares secret; elsewhere it is just text.

import { givenMember, isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { PropertyDefinition, PropertySchema, SecretType } from './definition.ts'

const PREFIX = 'vault://'

export type SecretReference = {
  /** Without the `vault://` before it. */
  reference: string
  /** Full path, as `users[0].password`. */
  path: string
  type: SecretType
  /** May the owner's people read it back? */
  revealable: boolean
}

/** Does the value have the form of a reference? Whether it is one depends on where it stands. */
export function isReference(value: Json): value is string {
  return typeof value === 'string' && value.startsWith(PREFIX)
}

/** The text that a property holds in place of its secret. */
export function referenceText(reference: string): string {
  return PREFIX + reference
}

/**
 * The references held at places declared secret, those in nested objects and arrays included. A reference that is held
 * does not prove who owns the secret: a place may have been declared secret after somebody wrote plain text there.
 *
 * @param properties as stored; members that the schema does not know are not looked at
 */
export function secretReferences(schema: PropertySchema, properties: JsonObject): SecretReference[] {
  return inMembers(schema.properties, properties, '')
}

function inMembers(
  definitions: Record<string, PropertyDefinition>,
  properties: JsonObject,
  parent: string,
): SecretReference[] {
  return Object.entries(definitions).flatMap(([name, definition]) => {
    const value = givenMember(properties, name)
    return value === undefined ? [] : inValue(definition, value, parent === '' ? name : `${parent}.${name}`)
  })
}

function inValue(definition: PropertyDefinition, value: Json, path: string): SecretReference[] {
  const { secret, items, properties: members, revealable = false } = definition
  if (secret !== undefined)
    return isReference(value) ? [{ reference: value.slice(PREFIX.length), path, type: secret.type, revealable }] : []
  if (members !== undefined && isJsonObject(value)) return inMembers(members, value, path)
  if (items === undefined || !Array.isArray(value)) return []
  return value.flatMap((item, index) => inValue(items, item, `${path}[${index}]`))
}
