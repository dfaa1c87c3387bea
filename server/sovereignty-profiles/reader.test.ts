/** An admin that its sign-in narrows to a participant does not speak for the federation. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sovereigntyEvidences, sovereigntyPolicies } from '@fulcrum/contract'
import { requireOwner } from '../platform/access.ts'
import type { Identity } from '../platform/identity.ts'
import { seesEverything } from './reader.ts'

const admin: Identity = { id: 't', name: 'admin', role: 'admin', participantId: null, agentId: null, disabled: false }
const narrowed: Identity = { ...admin, participantId: 'p' }

test('only an admin of the whole federation sees everything, attests, revokes, and sets the federation’s policies', () => {
  assert.deepEqual([seesEverything(admin), seesEverything(narrowed)], [true, false])
  for (const operation of [sovereigntyEvidences.attest, sovereigntyEvidences.revoke, sovereigntyPolicies.create]) {
    assert.doesNotThrow(() => requireOwner(operation, admin, {}))
    assert.throws(() => requireOwner(operation, narrowed, {}), /not within your scope/)
  }
})
