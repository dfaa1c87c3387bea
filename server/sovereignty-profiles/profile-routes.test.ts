/** Sovereignty profiles over HTTP against a real PostgreSQL: who may do what, versions, and races. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { settleEvents } from '../events/index.ts'
import { aFederation, type TestFederation } from '../testing/federation.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
let federation: TestFederation
before(async () => {
  server = await startTestServer()
  federation = await aFederation(server)
})
after(() => server.stop())

const FACTS = {
  legal: { registeredCountry: 'AT', headquartersCountry: 'AT', mainEstablishmentCountry: 'AT', governingLaw: ['AT'] },
  control: { owners: [{ name: 'Founders', country: 'AT', capitalPct: 100, votingPct: 100 }] },
  location: { storage: ['AT'], processing: ['AT'], fallbackOutside: false },
}

const draft = async (of = federation, body: object = {}) => {
  const reply = await of.provider.caller.post('/sovereignty-profiles', {
    participantId: of.provider.id,
    facts: FACTS,
    ...body,
  })
  assert.equal(reply.status, 201, JSON.stringify(reply.body))
  return reply.body
}
const published = async (of = federation, body: object = {}) => {
  const { id } = await draft(of, body)
  const reply = await of.provider.caller.post(`/sovereignty-profiles/${id}/publish`)
  assert.equal(reply.status, 200, JSON.stringify(reply.body))
  return reply.body
}
const eventsOf = async (id: string) => {
  await settleEvents(server.platform.db)
  const { items } = (await server.admin.get('/events?pageSize=100&sort=-sequenceNumber')).body
  return items.filter(({ entityId }: { entityId: string }) => entityId === id)
}

describe('a profile', () => {
  test('is a draft of its provider first, and everybody’s once it is published', async () => {
    const of = await aFederation(server)
    const { id, version, status, kind } = await draft(of)
    assert.deepEqual([version, status, kind], [1, 'draft', 'participant'])
    assert.equal((await of.provider.caller.get(`/sovereignty-profiles/${id}`)).status, 200)
    assert.equal((await server.admin.get(`/sovereignty-profiles/${id}`)).status, 200)
    assert.equal((await of.consumer.caller.get(`/sovereignty-profiles/${id}`)).status, 403)
    assert.equal((await of.agent.caller.get(`/sovereignty-profiles/${id}`)).status, 403)
    const shown = async () =>
      (await of.consumer.caller.get(`/sovereignty-profiles?participantId=${of.provider.id}`)).body.totalItems
    assert.equal(await shown(), 0)
    assert.equal((await of.provider.caller.post(`/sovereignty-profiles/${id}/publish`)).status, 200)
    assert.equal((await of.consumer.caller.get(`/sovereignty-profiles/${id}`)).body.facts.legal.registeredCountry, 'AT')
    assert.equal(await shown(), 1)
  })

  test('says when it is published what has changed since the version before', async () => {
    const of = await aFederation(server)
    await published(of)
    const { id } = await published(of, { facts: { ...FACTS, legal: { ...FACTS.legal, governingLaw: ['AT', 'US'] } } })
    const [event] = await eventsOf(id)
    assert.equal(event.type, 'sovereignty_profile.published')
    assert.equal(event.providerId, of.provider.id)
    assert.equal(event.properties.version, 2)
    assert.deepEqual(event.properties.diff, [{ op: 'add', path: '/legal/governingLaw/-', value: 'US' }])
  })

  test('never changes once it is published', async () => {
    const of = await aFederation(server)
    const { id } = await published(of)
    const { caller } = of.provider
    assert.equal((await caller.patch(`/sovereignty-profiles/${id}`, { facts: {} })).status, 409)
    assert.equal((await caller.delete(`/sovereignty-profiles/${id}`)).status, 409)
    assert.equal((await caller.post(`/sovereignty-profiles/${id}/publish`)).status, 409)
    assert.equal((await caller.post(`/sovereignty-profiles/${id}/withdraw`)).status, 200)
    assert.equal((await caller.post(`/sovereignty-profiles/${id}/withdraw`)).status, 409)
    assert.equal((await of.consumer.caller.get(`/sovereignty-profiles/${id}`)).status, 403)
  })

  test('is changed and deleted as a draft by its provider, and by nobody else', async () => {
    const of = await aFederation(server)
    const { id } = await draft(of)
    for (const who of [of.consumer.caller, of.agent.caller]) {
      assert.equal((await who.patch(`/sovereignty-profiles/${id}`, { facts: {} })).status, 403)
      assert.equal((await who.post(`/sovereignty-profiles/${id}/publish`)).status, 403)
      assert.equal((await who.post(`/sovereignty-profiles/${id}/withdraw`)).status, 403)
      assert.equal((await who.delete(`/sovereignty-profiles/${id}`)).status, 403)
    }
    const facts = { commercial: { currency: 'EUR' } }
    const changed = await of.provider.caller.patch(`/sovereignty-profiles/${id}`, { facts })
    assert.deepEqual(changed.body.facts, facts)
    assert.equal((await of.provider.caller.delete(`/sovereignty-profiles/${id}`)).status, 204)
    assert.equal((await of.provider.caller.get(`/sovereignty-profiles/${id}`)).status, 404)
    assert.equal((await draft(of)).version, 1)
  })

  test('is about a participant, its own agent, or what the agent offers', async () => {
    const of = await aFederation(server)
    const stranger = await aFederation(server)
    const post = async (body: object) =>
      (await of.provider.caller.post('/sovereignty-profiles', { participantId: of.provider.id, facts: {}, ...body }))
        .status
    assert.equal(await post({ agentId: stranger.agent.id }), 400)
    assert.equal(await post({ agentId: randomUUID() }), 400)
    assert.equal(await post({ serviceTypeId: of.serviceTypeId }), 400)
    assert.equal(await post({ agentId: of.agent.id, serviceTypeId: stranger.serviceTypeId }), 400)
    assert.equal(await post({ participantId: stranger.provider.id }), 403)
    assert.equal(await post({ agentId: of.agent.id }), 201)
    assert.equal(await post({ agentId: of.agent.id, serviceTypeId: of.serviceTypeId }), 201)
    assert.equal(await post({}), 201)
    assert.equal(await post({}), 409)
    const kinds = (await of.provider.caller.get('/sovereignty-profiles?status=draft')).body.items
    assert.deepEqual(kinds.map(({ kind }: { kind: string }) => kind).toSorted(), ['agent', 'offering', 'participant'])
  })

  test('is refused with the pointer of what does not fit', async () => {
    const of = await aFederation(server)
    for (const [facts, text] of [
      [
        { legal: { registeredCountry: 'EL' } },
        'facts/legal/registeredCountry: EL is no ISO 3166-1 alpha-2 code; Greece is GR',
      ],
      [{ legal: { hqCountry: 'AT' } }, 'facts/legal/hqCountry: there is no such member'],
      [{ lega: {} }, 'facts/lega: there is no such member'],
      [
        { control: { owners: [{ country: 'AT', votingPct: 101 }] } },
        'facts/control/owners/0/votingPct: must be <= 100',
      ],
      [
        { operations: { disconnect: { testedAt: '2026-02-31' } } },
        'facts/operations/disconnect/testedAt: there is no such time',
      ],
      [{ location: { storage: 'AT' } }, 'facts/location/storage: must be array'],
      [{ data: { encryption: 'rot13' } }, 'facts/data/encryption: must be one of'],
      [{ supplyChain: { sbom: [{ format: 'spdx', uri: 'http://x' }] } }, 'facts/supplyChain/sbom/0/uri: '],
      [{ assessments: { 'gaia-x': { levle: 'L1' } } }, 'facts/assessments/gaia-x/levle: there is no such member'],
    ] as const) {
      const reply = await of.provider.caller.post('/sovereignty-profiles', { participantId: of.provider.id, facts })
      assert.equal(reply.status, 400, text)
      assert.ok(reply.body.error.includes(text), `${reply.body.error} ${text}`)
    }
  })

  test('has a validity that makes sense', async () => {
    const of = await aFederation(server)
    const { id } = await draft(of, { validFrom: '2020-01-01T00:00:00Z', validUntil: '2021-01-01T00:00:00Z' })
    assert.equal((await of.provider.caller.post(`/sovereignty-profiles/${id}/publish`)).status, 400)
    const never = { validFrom: '2022-01-01T00:00:00Z', validUntil: '2021-01-01T00:00:00Z' }
    assert.equal((await of.provider.caller.patch(`/sovereignty-profiles/${id}`, never)).status, 400)
  })

  test('gets one version of two publishes at once, and one draft of several starts at once', async () => {
    const of = await aFederation(server)
    const starts = await Promise.all(
      Array.from({ length: 6 }, () =>
        of.provider.caller.post('/sovereignty-profiles', { participantId: of.provider.id, facts: FACTS }),
      ),
    )
    assert.deepEqual(starts.map(({ status }) => status).toSorted(), [201, 409, 409, 409, 409, 409])
    const id = starts.find(({ status }) => status === 201)?.body.id
    const publishes = await Promise.all(
      Array.from({ length: 6 }, () => of.provider.caller.post(`/sovereignty-profiles/${id}/publish`)),
    )
    assert.deepEqual(publishes.map(({ status }) => status).toSorted(), [200, 409, 409, 409, 409, 409])
    const types = (await eventsOf(id)).map(({ type }: { type: string }) => type)
    assert.deepEqual(types.toSorted(), ['sovereignty_profile.created', 'sovereignty_profile.published'])
  })
})

describe('what holds for an offering', () => {
  const effective = async (of: TestFederation, more = '') =>
    of.consumer.caller.get(
      `/sovereignty-profiles/effective?agentId=${of.agent.id}&serviceTypeId=${of.serviceTypeId}${more}`,
    )

  test('is merged from provider, agent and offering, with proofs, grades, scores and what is missing', async () => {
    const of = await aFederation(server)
    await published(of)
    const { agent, serviceTypeId } = of
    await published(of, { agentId: agent.id, facts: { location: { storage: ['DE'] } } })
    await published(of, {
      agentId: agent.id,
      serviceTypeId,
      facts: { data: { encryption: 'hyok', keyHolder: 'customer', kmsCountry: 'AT' } },
    })
    await of.provider.caller.post('/sovereignty-evidences', {
      participantId: of.provider.id,
      kind: 'self-declaration',
      assertsPaths: ['/legal'],
    })
    const { status, body } = await effective(of)
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual(body.facts.location.storage, ['AT', 'DE'])
    assert.equal(body.facts.data.encryption, 'hyok')
    assert.equal(body.versions.length, 3)
    const section = (name: string) => body.sections.find((one: { section: string }) => one.section === name)
    assert.equal(section('legal').level, 'self-declared')
    assert.equal(section('location').level, 'none')
    assert.equal(section('legal').paths[0].evidenceIds.length, 1)
    const law = body.grades.find(({ factor }: { factor: string }) => factor === 'SOV-2.1')
    assert.deepEqual(law, { factor: 'SOV-2.1', grade: 4, assurance: 'self-declared' })
    assert.ok(body.scores.declared.score > 0)
    assert.equal(body.scores.verified.score, 0)
    assert.equal(body.next.gaiaX.next, 'SC')
    assert.equal(body.next.seals.length, 8)
    assert.equal(body.evidences.length, 1)
    assert.equal('uri' in body.evidences[0], false)
  })

  test('is what counted at the time that is asked for', async () => {
    const of = await aFederation(server)
    await published(of, { validFrom: '2026-01-01T00:00:00Z' })
    const before = await effective(of, '&at=2025-12-31T23:59:59Z')
    assert.deepEqual(before.body.facts, {})
    const later = await effective(of, '&at=2026-01-01T00:00:00Z')
    assert.equal(later.body.facts.legal.registeredCountry, 'AT')
  })

  test('is refused for what nobody offers, and for broken questions', async () => {
    const of = await aFederation(server)
    const stranger = await aFederation(server)
    const ask = (query: string) => of.consumer.caller.get(`/sovereignty-profiles/effective?${query}`)
    assert.equal((await ask(`agentId=${of.agent.id}`)).status, 400)
    assert.equal((await ask(`agentId=x&serviceTypeId=${of.serviceTypeId}`)).status, 400)
    assert.equal((await ask(`agentId=${of.agent.id}&serviceTypeId=${stranger.serviceTypeId}`)).status, 404)
    assert.equal((await ask(`agentId=${randomUUID()}&serviceTypeId=${of.serviceTypeId}`)).status, 404)
    assert.equal((await effective(of, '&at=noon')).status, 400)
  })

  test('counts the version before again when one is withdrawn', async () => {
    const of = await aFederation(server)
    await published(of)
    const { id } = await published(of, { facts: { legal: { registeredCountry: 'DE' } } })
    assert.equal((await effective(of)).body.facts.legal.registeredCountry, 'DE')
    await of.provider.caller.post(`/sovereignty-profiles/${id}/withdraw`)
    assert.equal((await effective(of)).body.facts.legal.registeredCountry, 'AT')
  })
})
