import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { AGENT, api, fulcrum, id, root, sent, stamps, TYPE } from '../command-harness.ts'

const RULES = {
  name: 'EEA',
  mode: 'enforce',
  trustedZone: { groups: ['EEA'] },
  onUnknown: 'deny',
  minAssurance: 'none',
  constraints: [{ id: 'place', type: 'location.within', params: { aspects: ['storage'] } }],
}
const policy = (n: number, more = {}) => ({
  id: id(n),
  version: 1,
  ...RULES,
  preferences: [],
  scope: { kind: 'consumer', id: id(5) },
  consumerId: id(5),
  effectiveFrom: stamps.createdAt,
  createdAt: stamps.createdAt,
  ...more,
})
const evidence = {
  id: id(30),
  participantId: id(5),
  kind: 'certificate',
  assertsPaths: ['/security', '/operations'],
  issuer: { name: 'Body\u001b[31m Ltd' },
  verification: { status: 'unverified', level: 'self-declared', checks: [] },
  weight: { level: 'self-declared', finding: 'unverified' },
  ...stamps,
}
const draft = {
  id: id(31),
  kind: 'participant',
  participantId: id(5),
  version: 2,
  status: 'draft',
  facts: {},
  validFrom: stamps.createdAt,
  ...stamps,
}
const file = async (name: string, content: unknown) => {
  const path = join(root, name)
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('a draft is started, or the one that there is gets the facts of the file; then it is published', async () => {
  const facts = await file('facts.json', { legal: { registeredCountry: 'AT' } })
  api.routes['POST /sovereignty-profiles'] = () => ({ status: 201, body: draft })
  api.routes[`PATCH /sovereignty-profiles/*`] = () => ({ status: 200, body: draft })
  api.routes['POST /sovereignty-profiles/*/publish'] = () => ({ status: 200, body: { ...draft, status: 'published' } })
  const started = await fulcrum('sovereignty', 'profile', 'draft', facts, '--provider', 'City')
  assert.match(started.err, new RegExp(`publish ${id(31)}`))
  assert.deepEqual(sent('POST /sovereignty-profiles')[0]?.body, {
    participantId: id(5),
    facts: { legal: { registeredCountry: 'AT' } },
  })
  // one about an agent is another subject
  api.objects['sovereignty-profiles'] = [{ ...draft, id: id(32), agentId: AGENT.id }, draft]
  await fulcrum('sovereignty', 'profile', 'draft', facts, '--provider', 'City')
  assert.equal(sent(`PATCH /sovereignty-profiles/${id(31)}`).length, 1)
  const published = await fulcrum('sovereignty', 'profile', 'publish', id(31))
  assert.match(published.out, /participant +2 +published +-/)
})

test('what holds for an offering is shown with its scores, its proofs and what is missing', async () => {
  const seals = { score: 40, seal: 1, objectives: {} }
  api.routes['GET /sovereignty-profiles/*'] = () => ({
    status: 200,
    body: {
      ...{ participantId: id(3), agentId: AGENT.id, serviceTypeId: TYPE.id, at: stamps.createdAt, facts: {} },
      versions: [{ profileId: id(31), version: 2 }],
      sections: [
        {
          section: 'legal',
          level: 'self-declared',
          paths: [{ path: '/legal/governingLaw', level: 'self-declared', evidenceIds: [id(30)], lost: [] }],
        },
      ],
      evidences: [],
      grades: [],
      scores: { declared: seals, verified: { ...seals, score: 10 } },
      next: {
        gaiaX: {
          next: 'SC',
          missing: [
            { criterion: 'P3.1.11', path: '/portability', need: 'fact', hint: 'declaration' },
            { criterion: 'P1.1.1', path: '', need: 'assessment', hint: 'no place' },
          ],
        },
        seals: [],
      },
    },
  })
  const shown = await fulcrum('sovereignty', 'profile', 'show', 'pg-1', 'postgres', '--at', stamps.createdAt)
  assert.equal(shown.code, 0, shown.err)
  assert.match(shown.out, /Verified: +10 of 100, SEAL-1/)
  assert.match(shown.out, /legal +self-declared +1 +1/)
  assert.match(shown.out, /Gaia-X SC +P3\.1\.11 +fact +\/portability +declaration/)
  assert.doesNotMatch(shown.out, /P1\.1\.1/)
  assert.match(sent('GET /sovereignty-profiles/effective')[0]?.line ?? '', new RegExp(`agentId=${AGENT.id}.*&at=`))
})

test('of a document only its digest is sent, and names of issuers cannot steer the terminal', async () => {
  const document = await file('iso.pdf', 'a certificate')
  api.routes['POST /sovereignty-evidences'] = () => ({ status: 201, body: evidence })
  const about = ['--provider', 'City', '--kind', 'certificate', '--path', '/security', '--path', '/operations']
  const added = await fulcrum('sovereignty', 'evidence', 'add', ...about, '--document', document)
  assert.equal(added.code, 0, added.err)
  assert.deepEqual(sent('POST /sovereignty-evidences')[0]?.body, {
    participantId: id(5),
    kind: 'certificate',
    assertsPaths: ['/security', '/operations'],
    sha256: createHash('sha256').update('a certificate').digest('hex'),
  })
  assert.ok(!added.out.includes('\u001b'))
  const nonsense = await fulcrum(
    'sovereignty',
    'evidence',
    'add',
    '--provider',
    'City',
    '--kind',
    'rumour',
    '--path',
    '/',
  )
  assert.equal(nonsense.code, 2)
})

test('evidence is attested with a level and a method, and revoked with a reason', async () => {
  api.routes['POST /sovereignty-evidences/*/attest'] = () => ({ status: 200, body: evidence })
  api.routes['POST /sovereignty-evidences/*/revoke'] = () => ({ status: 200, body: evidence })
  const level = ['--level', 'auditor-attested', '--method', 'read it']
  const attested = await fulcrum('sovereignty', 'evidence', 'attest', id(30), ...level, '-o', 'json')
  assert.equal(JSON.parse(attested.out).id, id(30))
  await fulcrum('sovereignty', 'evidence', 'revoke', id(30), '--reason', 'gone')
  assert.deepEqual(
    sent('POST /sovereignty-evidences').map(({ body }) => body),
    [{ level: 'auditor-attested', method: 'read it' }, { reason: 'gone' }],
  )
  assert.equal((await fulcrum('sovereignty', 'evidence', 'revoke', id(30))).code, 2)
})

test('notices say how many days are left and what depends on it', async () => {
  const notice = (n: number, daysLeft: number, services: object[]) => ({
    ...{ id: id(n), kind: 'evidence', participantId: id(3), validUntil: '2026-12-08T00:00:00Z', daysLeft },
    ...{ state: daysLeft < 0 ? 'expired' : 'expiring', paths: ['/legal'] },
    dependents: { count: services.length, services },
  })
  api.objects['sovereignty-notices'] = [notice(40, 14, [{ id: id(10), name: 'crm' }]), notice(41, -2, [])]
  const { out } = await fulcrum('sovereignty', 'notices')
  assert.match(out, new RegExp(`14 +evidence +${id(40)} .* 1: crm\nover +evidence +${id(41)} .* -\n`))
})

test('a policy file becomes a policy, and the next version of the one with its name and scope; names become ids', async () => {
  const path = await file('policy.yaml', 'name: EEA\nscope: {kind: consumer, id: City}\nmode: audit\n')
  api.routes['POST /sovereignty-policies'] = () => ({ status: 201, body: policy(50) })
  api.routes['PUT /sovereignty-policies/*'] = () => ({ status: 200, body: policy(51, { version: 2 }) })
  const set = await fulcrum('policy', 'apply', path)
  assert.match(set.err, /Set EEA: version 1/)
  assert.deepEqual(sent('POST /sovereignty-policies')[0]?.body, {
    name: 'EEA',
    scope: { kind: 'consumer', id: id(5) },
    mode: 'audit',
  })
  api.objects['sovereignty-policies'] = [
    policy(49, { withdrawnAt: stamps.createdAt }),
    policy(52, { scope: { kind: 'platform' } }),
    policy(51),
  ]
  const changed = await fulcrum('policy', 'apply', path)
  assert.match(changed.err, /Changed EEA: version 2/)
  assert.deepEqual(sent(`PUT /sovereignty-policies/${id(51)}`)[0]?.body, { name: 'EEA', mode: 'audit' })
  const listed = await fulcrum('policy', 'list')
  assert.match(listed.out, new RegExp(`EEA +1 +platform +enforce +1 +alert +in force +${id(52)}`))
  // two of them live
  assert.equal((await fulcrum('policy', 'withdraw', 'EEA')).code, 2)
  const without = await file('bad.yaml', 'name: EEA\n')
  assert.match((await fulcrum('policy', 'apply', without)).err, /has no scope/)
})

test('trying a policy says what it would refuse', async () => {
  const path = await file('try.yaml', 'name: EEA\nscope: {kind: platform}\n')
  api.routes['POST /sovereignty-policies/*'] = () => ({
    status: 200,
    body: {
      ...{ at: stamps.createdAt, checked: 3, denied: 1 },
      services: [
        {
          ...{ serviceId: id(10), name: 'crm', providerId: id(3), consumerId: id(5), outcome: 'deny' },
          ...{ failed: ['place:LOCATION_OUTSIDE_ZONE'], explanation: 'Denied.' },
        },
      ],
    },
  })
  const { out } = await fulcrum('policy', 'test', path)
  assert.equal(
    out,
    `1 of 3 running services would be refused.\nSERVICE  ID                                    WHY\ncrm      ${id(10)}  place:LOCATION_OUTSIDE_ZONE\n`,
  )
})

test('a waiver is given for a time, and listed with its state', async () => {
  const waiver = {
    ...{
      id: id(60),
      policyId: id(51),
      constraintId: 'place',
      subjectId: id(5),
      reason: 'moving',
      approvedBy: 'office',
    },
    ...{ validFrom: stamps.createdAt, validUntil: '2099-01-01T00:00:00Z', createdAt: stamps.createdAt },
  }
  api.objects['sovereignty-policies'] = [policy(51)]
  api.objects['sovereignty-waivers'] = [waiver, { ...waiver, id: id(61), revokedAt: stamps.createdAt }]
  api.routes['POST /sovereignty-waivers'] = () => ({ status: 201, body: waiver })
  const about = ['--policy', 'EEA', '--constraint', 'place', '--provider', 'City', '--reason', 'moving']
  assert.equal((await fulcrum('waiver', 'give', ...about, '--for', '180d')).code, 0)
  const body = sent('POST /sovereignty-waivers')[0]?.body
  const lasts = Date.parse(String(body?.validUntil)) - Date.parse(String(body?.validFrom))
  assert.deepEqual([body?.policyId, lasts], [id(51), 180 * 86_400_000])
  assert.match((await fulcrum('waiver', 'list')).out, /in force +office +moving\n.* revoked +office/)
  assert.equal((await fulcrum('waiver', 'give', ...about)).code, 2)
})
