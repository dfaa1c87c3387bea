/**
 * What is left of API v1 as it was before its members were renamed. Former names in requests are read from everybody; former
 * members in answers are there only for agents whose type has `legacyDialect`.
 */
import { Type } from 'typebox'
import { JsonObject } from './values.ts'

/**
 * Options of an object in a request: its members' former names, by their present ones. A member may come under either; where both
 * are given and not null, the present name wins.
 */
export function formerNames(names: Readonly<Record<string, string>>) {
  return { formerNames: names }
}

const ONLY = 'Former member, only for agents whose type has legacyDialect:'

function nullable(description: string) {
  return Type.Optional(Type.Union([Type.String(), Type.Null()], { deprecated: true, description }))
}

function nullableObject(description: string) {
  return Type.Optional(Type.Union([JsonObject, Type.Null()], { deprecated: true, description }))
}

/** Members that such an agent finds in a service beside the present ones. */
export const formerServiceMembers = {
  externalId: nullable(`${ONLY} agentInstanceId.`),
  resources: nullableObject(`${ONLY} agentInstanceData.`),
  currentStatus: Type.Optional(Type.String({ deprecated: true, description: `${ONLY} status.` })),
  targetStatus: nullable(`${ONLY} the state that the open job leads to.`),
  currentProperties: nullableObject(`${ONLY} properties; null while the service is being created.`),
  targetProperties: nullableObject(`${ONLY} params of the open create or update job.`),
}

/** The member that such an agent finds in a job beside the present ones. */
export const formerJobMembers = {
  state: Type.Optional(Type.String({ deprecated: true, description: `${ONLY} status.` })),
}
