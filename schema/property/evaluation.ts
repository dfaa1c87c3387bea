// What goes into an evaluation of properties and what comes out of it.

import type { Json, JsonObject } from '../json.ts'
import type { PropertySchema, Registry, SecretType } from './definition.ts'

/** Who gives the values. `system` is nobody by hand: it names properties that only defaults and generators may fill. */
export type Actor = 'user' | 'agent' | 'system'

/**
 * One thing wrong with an input. `path` is the top-level property, or '' for a rule over the whole object. Where members
 * of an object fail, the entry of the top-level property is followed by one for each member, with its full path
 * (`disk.size`, `disks[2].size`).
 */
export type Violation = { path: string; message: string }

/**
 * Questions that only the caller can answer, asked one at a time. The caller answers from its own transaction, so that
 * a value taken from a pool returns to it when the request is refused. A rejection is passed on as it is.
 */
export type Lookups = {
  /** Values of the enabled options of an option type, for the provider concerned. `known`: the option type exists. */
  serviceOptions?(type: string): Promise<{ known: boolean; enabledValues: Json[] }>
  /** A service by id (lower-case, with dashes), compared with the one being evaluated; null when there is none. */
  service?(
    id: string,
  ): Promise<{ typeName: string; sameConsumer: boolean; sameGroup: boolean; terminal: boolean } | null>
  /**
   * Takes a value from the pool of that type for the property (its own short name, not its path). `error` is the text
   * that follows the property's name in the violation.
   */
  allocate?(poolType: string, propertyName: string): Promise<{ value: Json } | { error: string }>
}

/** What one evaluation may still cost. */
export type Work = {
  /** Properties, members and items, given or not. A short input could otherwise become a huge result by its defaults. */
  values: number
  secrets: number
  /** Services that are looked up and values that are taken from pools, one after the other. */
  questions: number
  /** Instructions times characters of all searches for patterns. */
  searches: number
}

/** Each takes well below a second. */
export const MAX_WORK: Work = { values: 100_000, secrets: 1_000, questions: 500, searches: 20_000_000 }

/**
 * A value for the vault. `reference` comes without the `vault://` that stands before it in the property; `path` is the
 * full path (`users[0].password`).
 */
export type NewSecret = { reference: string; value: Json; path: string; type: SecretType }

export type EvaluationArgs = {
  schema: PropertySchema
  registry: Registry
  /** What somebody gives. A member that is null counts as absent. */
  input: JsonObject
  /** What is kept now. Absent: this is a creation. */
  stored?: JsonObject
  actor: Actor
  /** State of the service before this change, for state authorizers; they are not asked on creation. */
  status?: string
  /** False when no vault is configured: then a given secret is a violation. */
  vaultAvailable: boolean
  /** A fresh reference for each secret, without prefix. */
  newReference: () => string
  lookups: Lookups
}

export type Evaluation =
  | {
      ok: true
      /** The complete object to keep, secrets replaced by references. */
      properties: JsonObject
      /** To be written to the vault in the caller's transaction. */
      secrets: NewSecret[]
      /**
       * References that the stored object held at a secret place and the new one holds nowhere: replaced by another
       * value, or gone with an array entry. Delete them when the change has taken effect, not before.
       */
      replacedSecrets: string[]
    }
  | { ok: false; violations: Violation[] }
