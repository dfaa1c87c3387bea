/** Uptime against the contract's vectors, and what deleted events do to it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '@fulcrum/schema'
import { assertVector, readVectors } from '../testing/vectors.ts'
import { uptimeOf } from './uptime.ts'

const START_MS = Date.UTC(2026, 0, 1)
const RUNNING = ['Started']
const WINDOW = { start: new Date(START_MS), end: new Date(START_MS + 1_000_000) }

type Given = { t: number; type: string; diff: JsonObject[] | null }

function eventsOf(given: readonly Given[]) {
  return given
    .toSorted((a, b) => a.t - b.t)
    .map(({ t, type, diff }) => ({
      type,
      createdAt: new Date(START_MS + t * 1_000).toISOString(),
      properties: { diff },
    }))
}

for (const vector of readVectors('service-uptime').vectors)
  test(vector.name, () => {
    const { upSeconds, downSeconds } = uptimeOf(eventsOf(vector.given.events as Given[]), RUNNING, WINDOW)
    assertVector(vector, { up: upSeconds, down: downSeconds })
  })

test('without the events before the window the service counts as down until its first transition', () => {
  const to = (value: string) => [
    { op: 'test', path: '/status', value: 'x' },
    { op: 'replace', path: '/status', value },
  ]
  const transition = (t: number, state: string): Given => ({ t, type: 'service.transitioned', diff: to(state) })
  const all = [transition(-50, 'Started'), transition(400, 'Stopped'), transition(700, 'Started')]
  assert.equal(uptimeOf(eventsOf(all), RUNNING, WINDOW).upSeconds, 700)
  assert.equal(uptimeOf(eventsOf(all.slice(1)), RUNNING, WINDOW).upSeconds, 300)
})
