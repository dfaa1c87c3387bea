// Authorizers decide who may give a value, and when (contract, DOMAIN 3.6). Only the service registry has any.

import { type Json, type JsonObject, ownMember } from '../json.ts'
import { SchemaError } from '../schema-error.ts'
import type { Registry, Rule } from './definition.ts'
import type { Actor } from './evaluation.ts'

export type Circumstances = { actor: Actor; updating: boolean; status: string | undefined }

/** Why the value must not be given now, without the property's name; null when it may. */
export type Authorizer = (circumstances: Circumstances) => string | null

const ACTORS = ['user', 'agent', 'system']

/**
 * Reads one authorizer.
 *
 * @param at the property's path, for the text of an unknown type
 * @throws SchemaError when the registry has no such type or its config is not acceptable
 */
export function readAuthorizer(rule: Rule, registry: Registry, at: string): Authorizer {
  const config = rule.config ?? {}
  if (registry === 'service' && rule.type === 'actor') return actorAuthorizer(config)
  if (registry === 'service' && rule.type === 'state') return stateAuthorizer(config)
  throw new SchemaError(`${at}: unknown authorizer '${rule.type}'`)
}

/** The actors that an actor authorizer lists, as far as they are strings; for warnings. */
export function listedActors(rule: Rule): string[] | null {
  const actors = rule.type === 'actor' ? rule.config?.actors : undefined
  return Array.isArray(actors) ? actors.filter((actor) => typeof actor === 'string') : null
}

function actorAuthorizer(config: JsonObject): Authorizer {
  const actors = requiredStrings('actor', config, 'actors')
  const unknown = actors.find((actor) => !ACTORS.includes(actor))
  if (unknown !== undefined)
    throw new SchemaError(
      `actor authorizer config 'actors' contains invalid actor '${unknown}' (must be: ${ACTORS.join(', ')})`,
    )
  return ({ actor }) =>
    actors.includes(actor) ? null : `property can only be set by: [${actors.join(' ')}] (current actor: ${actor})`
}

function stateAuthorizer(config: JsonObject): Authorizer {
  const states = requiredStrings('state', config, 'allowedStates')
  return ({ updating, status }) => {
    if (!updating) return null
    if (status === undefined || status === '') return 'state authorizer requires service status for update operations'
    if (states.includes(status)) return null
    return `property cannot be updated in state '${status}' (allowed states: [${states.join(' ')}])`
  }
}

function requiredStrings(type: string, config: JsonObject, name: string): string[] {
  const list: Json | undefined = ownMember(config, name)
  const subject = `${type} authorizer config`
  if (list === undefined) throw new SchemaError(`${subject} missing '${name}'`)
  if (!Array.isArray(list)) throw new SchemaError(`${subject} '${name}' must be an array`)
  if (list.length === 0) throw new SchemaError(`${subject} '${name}' must not be empty`)
  const strings = list.filter((entry) => typeof entry === 'string')
  if (strings.length < list.length) throw new SchemaError(`${subject} '${name}' must contain only strings`)
  return strings
}
