/** The rules of agents without a database. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Refusal } from '../platform/errors.ts'
import { readVectors } from '../testing/vectors.ts'
import { type Agent, agentShape, checkAgent, report } from './agent.ts'

const NOW = new Date('2026-01-02T03:04:05.678Z')

const agent: Agent = {
  id: 'c87c46f3-b772-52d3-a824-5a8994bc6ea3',
  name: 'ag',
  status: 'Disconnected',
  lastStatusUpdate: NOW,
  tags: null,
  configuration: null,
  agentTypeId: 'ef97fe0b-9d42-5a91-b4cb-8679fbb782e6',
  providerId: '90592af5-3ff6-55b7-85dc-169812cceeab',
  servicePoolSetId: null,
  createdAt: new Date(0),
  updatedAt: new Date(0),
}

describe('agents', () => {
  test('events compare the members that the contract names', () => {
    const [least, most] = readVectors('event-entity-shape').vectors.filter(({ given }) => given.entity === 'Agent')
    // times of JavaScript have milliseconds, those of the vectors more
    const inMilliseconds = { lastStatusUpdate: '2026-01-02T03:04:05.678Z' }
    assert.deepEqual(agentShape(agent), { ...least?.expect, ...inMilliseconds })
    // the type stands on both sides of every comparison and so never shows
    const { agentType: _always, ...expected } = most?.expect ?? {}
    const all: Agent = {
      ...agent,
      status: 'Connected',
      tags: ['eu', 'gdpr'],
      configuration: { cpu: 2 },
      servicePoolSetId: 'affe73e4-13e9-5598-bd4a-68da35e89d74',
    }
    assert.deepEqual(agentShape(all), { ...expected, ...inMilliseconds })
  })

  test('a report changes the status and its time, and the same status its time alone', () => {
    const connected = report(agent, 'Connected', NOW)
    assert.deepEqual([connected.status, connected.lastStatusUpdate, connected.updatedAt], ['Connected', NOW, NOW])
    const later = new Date(NOW.getTime() + 60_000)
    const beat = report(connected, 'Connected', later)
    assert.deepEqual([beat.status, beat.lastStatusUpdate, beat.updatedAt], ['Connected', later, NOW])
  })

  test('a disabled agent stays disabled whatever it reports', () => {
    const disabled: Agent = { ...agent, status: 'Disabled' }
    for (const status of ['New', 'Connected', 'Disconnected', 'Error', 'Disabled'] as const)
      assert.equal(report(disabled, status, NOW), disabled)
  })

  test('tags are measured in bytes', () => {
    checkAgent({ ...agent, tags: ['é'.repeat(50), 'a', 'a'] })
    for (const tags of [['a', ''], ['é'.repeat(51)]])
      assert.throws(
        () => checkAgent({ ...agent, tags }),
        (error: unknown) => error instanceof Refusal && error.kind === 'invalid' && /tag at index/.test(error.message),
      )
  })
})
