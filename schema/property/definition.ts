// The stored form of a property schema: what `checkPropertySchema` returns and everything else reads.

import type { Json, JsonObject } from '../json.ts'

export type PropertyType = 'string' | 'integer' | 'number' | 'boolean' | 'uuid' | 'object' | 'array' | 'json'

/** Which set of rules may be used: `service` for service types, `agent` for the configuration of agent types. */
export type Registry = 'service' | 'agent'

/**
 * One configured rule: an authorizer, a validator, a generator or a schema validator, told apart by where it stands.
 * `config` is null, not absent, when none was given: that is the wire's form.
 */
export type Rule = { type: string; config: JsonObject | null }

/** `persistent` secrets live until the owner ends, `ephemeral` ones until the next job of the owner ends. */
export type SecretType = 'persistent' | 'ephemeral'

export type PropertyDefinition = {
  type: PropertyType
  /** Text for people; empty when none was given. */
  label: string
  required: boolean
  immutable: boolean
  default?: Json
  /** All of them must agree, in order, whenever somebody gives a value. */
  authorizers?: Rule[]
  /** Tried in order; the first that fails ends the check of this property. */
  validators?: Rule[]
  /** The value is kept in the vault and the property holds `vault://⟨reference⟩`. */
  secret?: { type: SecretType }
  /** Asked for a value when none is given and none is stored. Never beside `default`. */
  generator?: Rule
  /** Members of an `object`; without it the object is free. Ignored on other types. */
  properties?: Record<string, PropertyDefinition>
  /** The form of each entry of an `array`; without it the array is free. Ignored on other types. */
  items?: PropertyDefinition
  /** The owner's people may read this secret back, not only its agent. Only beside `secret`; stored only when true. */
  revealable?: true
}

export type PropertySchema = {
  properties: Record<string, PropertyDefinition>
  /** Rules over several top-level properties. Null, not absent, when there are none: that is the wire's form. */
  validators: Rule[] | null
}
