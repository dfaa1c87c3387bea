import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Identity } from './identity.ts'
import { onlyReadable } from './visibility.ts'

const identity = (role: Identity['role'], participantId: string | null, agentId: string | null = null): Identity => ({
  id: 't',
  name: 't',
  role,
  participantId,
  agentId,
  disabled: false,
})
const service = {
  id: 's',
  consumerId: 'C',
  agent: { id: 'A', providerId: 'P', configuration: { url: 'inside' } },
  provider: { id: 'P', name: 'prov' },
  consumer: { id: 'C', name: 'cons' },
  serviceType: { id: 'T' },
}

test('a consumer sees itself and the type, but neither the agent nor the provider', () => {
  assert.deepEqual(Object.keys(onlyReadable(service, identity('participant', 'C'))), [
    'id',
    'consumerId',
    'consumer',
    'serviceType',
  ])
})

test('a provider sees its agent and itself, but not the consumer', () => {
  const shown = onlyReadable({ items: [service], totalItems: 1 }, identity('participant', 'P'))
  assert.deepEqual(Object.keys(shown.items[0] ?? {}), ['id', 'consumerId', 'agent', 'provider', 'serviceType'])
})

test('an agent sees itself and its provider', () => {
  const shown = onlyReadable([service], identity('agent', 'P', 'A'))
  assert.deepEqual(Object.keys(shown[0] ?? {}), ['id', 'consumerId', 'agent', 'provider', 'serviceType'])
})

test('an admin sees everything', () => {
  assert.equal(onlyReadable(service, identity('admin', null)), service)
})
