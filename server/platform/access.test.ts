/** What the rules of the contract mean for each caller, above all for an admin that is narrowed to a participant or an agent. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Operation, operations, type Role } from '@fulcrum/contract'
import { requireOwner, requireRole, type Scope, scopeOf } from './access.ts'
import { Refusal } from './errors.ts'
import type { Identity } from './identity.ts'

const as = (role: Role, participantId: string | null, agentId: string | null = null): Identity => ({
  id: 'i',
  name: 'i',
  role,
  participantId,
  agentId,
  disabled: false,
})
const admin = as('admin', null)
const ofParticipant = as('admin', 'P')
const ofAgent = as('admin', null, 'A')
const ofBoth = as('admin', 'P', 'A')

function operation(id: string): Operation {
  const found = operations.find((candidate) => candidate.id === id)
  assert.ok(found, id)
  return found
}

/** The fields of a scope, or what stands in for them. */
const fieldsOf = (scope: Scope | null) =>
  scope === null || scope === 'all' ? scope : scope.map(({ field, id }) => `${field}=${id}`).toSorted()
const scope = (id: string, identity: Identity) => fieldsOf(scopeOf(operation(id), identity))
const isForbidden = (error: unknown) => error instanceof Refusal && error.kind === 'forbidden'

describe('an admin', () => {
  test('that nothing narrows sees everything that admins may use', () => {
    for (const candidate of operations.filter(({ access }) => access !== 'public' && access.admin))
      assert.equal(scopeOf(candidate, admin), 'all', candidate.id)
  })

  test('that is narrowed may use nothing that other admins may not', () => {
    for (const candidate of operations.filter(({ access }) => access !== 'public' && !access.admin))
      for (const identity of [ofParticipant, ofAgent, ofBoth])
        assert.throws(() => requireRole(candidate, identity), isForbidden, candidate.id)
  })

  test('that is narrowed has the fields of the other roles', () => {
    assert.deepEqual(scope('services.list', ofParticipant), ['consumerId=P', 'providerId=P'])
    assert.deepEqual(scope('services.list', ofAgent), ['agentId=A'])
    assert.deepEqual(scope('services.list', ofBoth), ['agentId=A', 'consumerId=P', 'providerId=P'])
    assert.deepEqual(scope('services.create', ofParticipant), ['consumerId=P'])
    assert.deepEqual(scope('serviceGroups.list', ofParticipant), ['consumerId=P'])
    assert.deepEqual(scope('agents.delete', ofParticipant), ['providerId=P'])
    assert.deepEqual(scope('tokens.regenerate', ofParticipant), ['participantId=P'])
    assert.deepEqual(scope('events.list', ofParticipant), ['consumerId=P', 'providerId=P'])
    assert.deepEqual(scope('participants.list', ofAgent), [])
  })

  test('that is narrowed sees all of what everybody sees', () => {
    for (const id of ['serviceTypes.list', 'agentTypes.get', 'metricTypes.list', 'serviceTypes.offers'])
      assert.equal(scope(id, ofParticipant), 'all', id)
  })

  /** A new operation that only admins have must be thought of here: its handler has to name the owners, if any. */
  test('that is narrowed has these scopes where only admins may call', () => {
    const onlyAdmins = operations.filter(
      ({ access }) => access !== 'public' && access.admin && !access.participant && !access.agent,
    )
    const scopes = Object.fromEntries(onlyAdmins.map((one) => [one.id, fieldsOf(scopeOf(one, ofParticipant))]))
    const types = ['agentTypes', 'serviceTypes', 'serviceOptionTypes', 'metricTypes']
    const users = ['list', 'create', 'get', 'update', 'delete'].map((what) => `keycloakUsers.${what}`)
    assert.deepEqual(scopes, {
      ...Object.fromEntries(
        types.flatMap((type) => ['create', 'update', 'delete'].map((what) => [`${type}.${what}`, 'all'])),
      ),
      ...Object.fromEntries(users.map((id) => [id, null])),
      'portability.put': 'all',
      'portability.delete': 'all',
      // their handlers name no owner: only who sees everything may go on
      ...Object.fromEntries(
        ['audit.sign', 'audit.erase', 'audit.peers', 'audit.witness'].map((id) => [
          id,
          ['consumerId=P', 'providerId=P'],
        ]),
      ),
      ...Object.fromEntries(
        ['credentials.signingRequest', 'quotas.put', 'sovereigntyEvidences.attest', 'sovereigntyEvidences.revoke'].map(
          (id) => [id, ['participantId=P']],
        ),
      ),
      'self.get': null,
      'participants.create': ['participantId=P'],
      'participants.delete': ['participantId=P'],
      'events.lease': ['consumerId=P', 'providerId=P'],
      'events.ack': ['consumerId=P', 'providerId=P'],
    })
  })

  test('that is narrowed touches what is its own, and neither what is others’ nor what is nobody’s', () => {
    const touch = (id: string, owners: object) => () => requireOwner(operation(id), ofBoth, owners)
    touch('services.delete', { providerId: 'Q', consumerId: 'P', agentId: 'B' })()
    touch('services.get', { providerId: 'Q', consumerId: 'R', agentId: 'A' })()
    touch('participants.delete', { participantId: 'P' })()
    for (const run of [
      touch('services.delete', { providerId: 'Q', consumerId: 'R', agentId: 'B' }),
      touch('participants.delete', { participantId: 'Q' }),
      touch('configPools.get', { participantId: null }),
      touch('tokens.create', { participantId: null }),
      touch('events.lease', {}),
    ])
      assert.throws(run, isForbidden)
    requireOwner(operation('tokens.create'), admin, { participantId: null })
  })
})

describe('a participant and an agent', () => {
  test('have the fields that the operation names for them', () => {
    assert.deepEqual(scope('services.list', as('participant', 'P')), ['consumerId=P', 'providerId=P'])
    assert.deepEqual(scope('services.list', as('agent', 'P', 'A')), ['agentId=A'])
    assert.equal(scope('serviceTypes.list', as('participant', 'P')), 'all')
    assert.equal(scope('serviceTypes.create', as('participant', 'P')), null)
  })
})
