/** Who could take a service, in the order in which an evacuation would choose. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Profile } from '@fulcrum/sovereignty'
import { Alternatives } from './alternatives.ts'

const offering = (agentId: string, assessments?: Profile['assessments']) => ({
  agentId,
  agentName: agentId,
  serviceTypeId: 't',
  serviceTypeName: 'postgresql',
  providerId: `p of ${agentId}`,
  providerName: agentId,
  profile: { id: agentId, ...(assessments && { assessments }) },
  profileVersions: [],
})

test('has the highest verified score first, then the order of agents, and the service’s own provider not at all', () => {
  const offerings = [
    offering('c'),
    offering('b'),
    offering('own', { 'ec-csf': { verifiedScore: 90 } }),
    offering('z', { 'ec-csf': { verifiedScore: 71 } }),
  ]
  const found = new Alternatives(
    { policies: [], waivers: [], placed: new Map(), at: '2026-11-24T12:00:00Z' },
    offerings,
  )
  const service = {
    id: 's',
    name: 'orders',
    createdAt: new Date(),
    groupId: 'g',
    groupName: 'g',
    consumerId: 'c',
    ...{ serviceTypeId: 't', serviceTypeName: 'postgresql' },
    ...{ agentId: 'own', agentName: 'own', providerId: 'p of own', providerName: 'own' },
  }
  assert.deepEqual(
    found.of(service, []).map(({ agentId }) => agentId),
    ['z', 'b', 'c'],
  )
})
