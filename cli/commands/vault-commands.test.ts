import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { api, fulcrum, id, sent, service, stamps } from '../command-harness.ts'

const ERP = service(20, 'erp', 'Started')
const STORES = [
  { name: 'local', kind: 'local' },
  { name: 'fjord', kind: 's3', operator: 'Fjord AS', country: 'NO', controllerCountry: 'NO' },
]
const COPY = {
  id: id(70),
  serviceId: ERP.id,
  consumerId: id(3),
  providerId: id(4),
  agentId: id(2),
  artifactId: id(71),
  store: 'fjord',
  state: 'stored',
  takenAt: new Date(Date.now() - 5 * 3_600_000).toISOString(),
  sizeBytes: 3 * 2 ** 20,
  outside: true,
  ...stamps,
}
const SCHEDULE = {
  id: id(80),
  consumerId: id(3),
  serviceId: ERP.id,
  everyHours: 24,
  keep: 7,
  store: 'fjord',
  ...stamps,
}

beforeEach(() => {
  api.objects.services = [ERP]
  api.objects['vault-copies'] = [COPY, { ...COPY, id: id(72), state: 'failed', outside: false, reason: 'no room' }]
  api.objects['vault-schedules'] = [SCHEDULE]
  api.routes['GET /artifact-stores'] = () => ({ status: 200, body: { items: STORES } })
  api.routes['GET /services/*/artifact-stores'] = () => ({
    status: 200,
    body: { items: STORES.map((store) => ({ ...store, outside: store.name === 'fjord' })) },
  })
})

test('copies are shown with age, size, store, its country and control, and whether that is outside', async () => {
  const { code, out } = await fulcrum('vault', 'copies', '--service', 'erp')
  assert.equal(code, 0)
  const [header, first, second] = out.split('\n')
  assert.match(header ?? '', /^ID +SERVICE +STATE +AGE +SIZE +STORE +COUNTRY +CONTROLLER +OUTSIDE +REASON$/)
  assert.match(`${first}\n${second}`, / erp +stored +5h +3[^ ]* ?MiB +fjord +NO +NO +yes$/m)
  assert.match(`${first}\n${second}`, / erp +failed +.* no +no room$/m)
  assert.match(JSON.stringify(sent('GET /vault-copies')), new RegExp(`serviceId=${ERP.id}`))
})

test('stores are shown with who runs them, and for a service whether they are outside', async () => {
  const [all, ofService] = await Promise.all([
    fulcrum('vault', 'stores'),
    fulcrum('vault', 'stores', '--service', 'erp'),
  ])
  assert.equal(
    all.out,
    'NAME   KIND   OPERATOR  COUNTRY  CONTROLLER\n' +
      'local  local  ?         ?        ?\n' +
      'fjord  s3     Fjord AS  NO       NO\n',
  )
  assert.match(ofService.out, /fjord .* yes\n$/)
})

test('a schedule is made from names and durations, or refused before anything is sent', async () => {
  const bodies: unknown[] = []
  api.routes['POST /vault-schedules'] = (body) => {
    bodies.push(body)
    return { status: 201, body: SCHEDULE }
  }
  const made = await fulcrum('vault', 'schedule', 'erp', '--every', '1d', '--store', 'fjord', '--keep', '7')
  assert.deepEqual(bodies, [{ serviceId: ERP.id, everyHours: 24, keep: 7, store: 'fjord' }])
  assert.match(made.out, /service .* 24h +7 +fjord/)
  const [short, missing] = await Promise.all([
    fulcrum('vault', 'schedule', 'erp', '--every', '30m', '--store', 'fjord'),
    fulcrum('vault', 'schedule', 'erp', '--every', '1d'),
  ])
  assert.deepEqual([short.code, missing.code, bodies.length], [2, 2, 1])
  assert.match((await fulcrum('vault', 'schedule')).out, /service .* 24h +7 +fjord/)
})

test('a copy that is not right any more is told by the exit code', async () => {
  api.routes['POST /vault-copies/*/verify'] = () => ({
    status: 200,
    body: { ...COPY, state: 'failed', reason: 'artifact store fjord returns 3 bytes' },
  })
  const { code, err } = await fulcrum('vault', 'verify', COPY.id)
  assert.equal(code, 7)
  assert.match(err, /not right: artifact store fjord returns 3 bytes/)
})

test('a copy is asked for, in a store or without a word', async () => {
  const bodies: unknown[] = []
  api.routes['POST /services/*/vault-copies'] = (body) => {
    bodies.push(body)
    return { status: 201, body: { ...COPY, state: 'exporting' } }
  }
  await fulcrum('vault', 'copy', 'erp', '--store', 'local')
  const { out, code } = await fulcrum('vault', 'copy', 'erp', '-o', 'name')
  assert.deepEqual([bodies, code, out], [[{ store: 'local' }, {}], 0, `${COPY.id}\n`])
})
