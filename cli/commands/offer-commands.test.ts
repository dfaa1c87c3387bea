import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { AGENT, api, fulcrum, id, job, offer, root, sent, service } from '../command-harness.ts'

const ORDER = ['order', 'postgres', '--name', 'erp', '--set', 'storageGb=20', '--dry-run', '-o', 'json', '--set']

test('offers shows who sells a service type with tags and option names, and values with wide', async () => {
  const [table, wide, json, none] = await Promise.all([
    fulcrum('offers', 'postgres'),
    fulcrum('offers', 'postgres', '--provider', 'beta', '-o', 'wide'),
    fulcrum('offers', 'postgres', '--tag', 'eu', '--tag', 'gold', '-o', 'json'),
    fulcrum('offers', 'postgres', '--tag', 'moon'),
  ])
  assert.equal(
    table.out,
    'PROVIDER  AGENT  TAGS     CONNECTED  PG_SIZE\n' +
      'ACME      pg-1   eu,gold  yes        Small, Large\n' +
      'Beta      pg-2   eu       yes        Small, Huge\n',
  )
  assert.match(wide.out, /Beta +pg-2 .*Small \(beta\.small\), Huge \(beta\.huge\) +0192f0c1/)
  assert.deepEqual(
    JSON.parse(json.out).map(({ agentName }: { agentName: string }) => agentName),
    ['pg-1'],
  )
  assert.deepEqual([none.code, none.out], [0, 'PROVIDER  AGENT  TAGS  CONNECTED\n'])
  assert.match(none.err, /No offer of postgres has the tag moon/)
})

test('tags, agent and provider choose the offer whose options count, with nothing else listed', async () => {
  const bodies = await Promise.all(
    [
      ['size=Large', '--tag', 'gold'],
      ['size=Small', '--agent', 'pg-2'],
      ['size=Small', '--provider', 'ACME', '--tag', 'eu'],
      ['size=Huge'],
    ].map(async (args) => JSON.parse((await fulcrum(...ORDER, ...args)).out)),
  )
  assert.deepEqual(
    bodies.map(({ agentId, agentTags, properties }) => [agentId ?? agentTags, properties.size]),
    [
      [['gold'], 'db-l'],
      [id(9), 'beta.small'],
      [AGENT.id, 'db-s'],
      // only one provider has it: without a word about the place the server might take the other
      [id(9), 'beta.huge'],
    ],
  )
  for (const list of ['GET /agents', 'GET /service-option']) assert.deepEqual(sent(list), [])
})

test('an order with requirements leaves the place to the server, also where one offer alone has its options', async () => {
  const file = join(root, 'requirements.yaml')
  await writeFile(file, 'constraints:\n  - type: control.noThirdCountryControl\n')
  const key = ['--key', 'hsm://keys.example/1', '--key-country', 'DE']
  const { out } = await fulcrum(...ORDER, 'size=Huge', '-r', file, ...key)
  const { agentId, agentTags, requirements, customerKey } = JSON.parse(out)
  assert.deepEqual([agentId, agentTags], [undefined, undefined])
  assert.deepEqual(requirements, { constraints: [{ type: 'control.noThirdCountryControl' }] })
  assert.deepEqual(customerKey, { reference: 'hsm://keys.example/1', country: 'DE' })
  const half = await fulcrum(...ORDER, 'size=Huge', '--key', 'hsm://keys.example/1')
  assert.deepEqual([half.code, /--key and --key-country go together/.test(half.err)], [2, true])
})

test('an order that no offer fits is refused with the offers and what they lack', async () => {
  const [tags, stranger, both, ambiguous] = await Promise.all([
    fulcrum(...ORDER, 'size=Small', '--tag', 'gold', '--tag', 'moon'),
    fulcrum(...ORDER, 'size=Small', '--agent', 'pg-9'),
    fulcrum(...ORDER, 'size=Small', '--agent', 'pg-1', '--provider', 'Beta'),
    fulcrum(...ORDER, 'size=Small', '--tag', 'eu'),
  ])
  assert.deepEqual([tags.code, stranger.code, both.code, ambiguous.code], [2, 2, 2, 2])
  assert.equal(
    tags.err,
    'Error: No offer of postgres fits; nothing was sent.\n' +
      '  No offer has the tag moon.\n' +
      '  Offers:\n' +
      '    ACME / pg-1 (eu, gold): lacks moon\n' +
      '    Beta / pg-2 (eu): lacks gold, moon\n',
  )
  assert.match(stranger.err, /Agent pg-9 does not offer it\.\n {2}Offers:\n {4}ACME \/ pg-1/)
  assert.match(both.err, /No offer of postgres fits/)
  assert.match(ambiguous.err, /"Small" means different values[\s\S]*db-s at ACME\n {2}beta\.small at Beta/)
})

test('agents of the same name are told apart by their provider', async () => {
  api.objects.offers?.push(offer(id(8), 'Beta', id(90), 'pg-1', [], { Small: 'beta.small' }))
  const twice = await fulcrum(...ORDER, 'size=db-s', '--agent', 'pg-1', '--tag', 'gold')
  assert.equal(JSON.parse(twice.out).agentId, AGENT.id)
  api.objects.offers = api.objects.offers?.map((row) => ({ ...row, options: [] })) ?? []
  const { code, err } = await fulcrum(...ORDER, 'size=x', '--agent', 'pg-1')
  assert.equal(code, 2)
  assert.match(err, new RegExp(`${AGENT.id} {2}ACME / pg-1[\\s\\S]*${id(90)} {2}Beta / pg-1`))
})

test('update takes the options of the agent that runs the service', async () => {
  api.objects.services?.push({ ...service(14, 'hr', 'Started'), agentId: id(9) })
  api.routes['PATCH /services/*'] = () => {
    api.objects.jobs = [job(71, id(14), 'update', 'Completed')]
    return { status: 200, body: service(14, 'hr', 'Started') }
  }
  const [huge, large] = await Promise.all([
    fulcrum('update', 'hr', '--set', 'size=Huge'),
    fulcrum('update', 'hr', '--set', 'size=Large'),
  ])
  assert.deepEqual([huge.code, large.code], [0, 2])
  assert.match(large.err, /Large is no option of type pg_size[\s\S]*Small \(beta\.small\)/)
  assert.deepEqual(
    sent('PATCH').map(({ body }) => body),
    [{ properties: { size: 'beta.huge' } }],
  )
})

test('properties that the server refuses are told with the names of their options', async () => {
  api.routes['POST /services'] = () => ({
    status: 400,
    body: { status: 'Validation failed', errors: [{ path: 'size', message: 'required property is missing' }] },
  })
  const { code, err } = await fulcrum('order', 'postgres', '--name', 'erp', '--set', 'storageGb=1', '--agent', 'pg-1')
  assert.equal(code, 2)
  assert.match(
    err,
    /size: required property is missing\n.*\n {4}size {2}string, option pg_size: Small \| Large, required/,
  )
})

test('at a server without offers, options and agents are taken from their lists', async () => {
  delete api.objects.offers
  const [order, offers, provider] = await Promise.all([
    fulcrum(...ORDER, 'size=Small', '--agent', 'pg-1'),
    fulcrum('offers', 'postgres'),
    fulcrum(...ORDER, 'size=Small', '--provider', 'ACME'),
  ])
  assert.deepEqual(JSON.parse(order.out).properties, { storageGb: 20, size: 'db-s' })
  assert.equal(JSON.parse(order.out).agentId, AGENT.id)
  assert.deepEqual([offers.code, provider.code], [5, 2])
  assert.match(offers.err, /This server cannot list offers/)
})
