/** Which ids go with which role. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KeycloakUserUpdate, Role } from '@fulcrum/contract'
import { Refusal } from '../platform/errors.ts'
import { checkKept, idsAfter, idsOfNew, type UserIds, withIds } from './keycloak-user.ts'

const P = '11111111-1111-4111-8111-111111111111'
const Q = '22222222-2222-4222-8222-222222222222'
const A = '33333333-3333-4333-8333-333333333333'
const B = '44444444-4444-4444-8444-444444444444'

const NAMES = { username: 'ada', email: 'a@b.example', firstName: 'Ada', lastName: 'L', password: 'x' }
const ids = (participantId: string | null = null, agentId: string | null = null): UserIds => ({
  participantId,
  agentId,
})
const refused = (text: RegExp) => (error: unknown) =>
  error instanceof Refusal && error.kind === 'invalid' && text.test(error.message)

describe('a new user', () => {
  for (const [what, given, wanted] of [
    ['an admin has no ids', { role: 'admin' }, ids()],
    ['an admin can be narrowed to a participant', { role: 'admin', participantId: P }, ids(P)],
    ['a participant has its participant and no agent', { role: 'participant', participantId: P, agentId: A }, ids(P)],
    ['an agent has its agent', { role: 'agent', agentId: A.toUpperCase() }, ids(null, A)],
    ['an agent may name its participant', { role: 'agent', agentId: A, participantId: P }, ids(P, A)],
  ] as const)
    test(what, () => assert.deepEqual(idsOfNew({ ...NAMES, ...given }), wanted))

  for (const [what, given, text] of [
    ['a participant without its id', { role: 'participant' }, /participant ID is required for participant role/],
    ['a participant with an empty id', { role: 'participant', participantId: '' }, /participant ID is required/],
    ['an agent without its id', { role: 'agent', participantId: P }, /agent ID is required for agent role/],
    ['an id that is none', { role: 'agent', agentId: 'x' }, /invalid agent ID: 'x' is not a UUID/],
  ] as const)
    test(`is refused: ${what}`, () => assert.throws(() => idsOfNew({ ...NAMES, ...given }), refused(text)))
})

describe('a change', () => {
  const before = (roles: Role[], own: UserIds) => ({ ...own, roles })

  for (const [what, user, body, wanted] of [
    ['that names no id touches none', before(['agent'], ids(P, A)), { firstName: 'x' }, null],
    ['to an admin clears both, also those given', before(['agent'], ids(P, A)), { role: 'admin', agentId: A }, ids()],
    [
      'to a participant clears the agent',
      before(['agent'], ids(P, A)),
      { role: 'participant', participantId: Q },
      ids(Q),
    ],
    [
      'to an agent forgets the participant of before',
      before(['participant'], ids(P)),
      { role: 'agent', agentId: B },
      ids(null, B),
    ],
    ['of the agent forgets its participant', before(['agent'], ids(P, A)), { agentId: B }, ids(null, B)],
    ['of the participant keeps the role', before(['participant'], ids(P)), { participantId: Q }, ids(Q)],
    ['clears an id with an empty text', before(['participant'], ids(P)), { participantId: '' }, ids()],
    ['clears the agent alone', before(['agent'], ids(P, A)), { agentId: '' }, ids(P)],
    ['clears what belongs to no role of the user', before([], ids(P, A)), { participantId: '', agentId: '' }, ids()],
  ] as const satisfies [string, ReturnType<typeof before>, KeycloakUserUpdate, UserIds | null][])
    test(what, () => assert.deepEqual(idsAfter(user, body), wanted))

  for (const [what, user, body, text] of [
    [
      'to a participant without its id',
      before(['admin'], ids()),
      { role: 'participant' },
      /participant ID is required/,
    ],
    ['to an agent without its id', before(['agent'], ids(P, A)), { role: 'agent' }, /agent ID is required/],
    [
      'of the participant of an admin',
      before(['admin'], ids()),
      { participantId: P },
      /only be set for users with the participant role/,
    ],
    [
      'of the agent of a participant',
      before(['participant'], ids(P)),
      { agentId: A },
      /only be set for users with the agent role/,
    ],
    ['of the agent of a user without a role', before([], ids()), { agentId: A }, /agent role/],
  ] as const satisfies [string, ReturnType<typeof before>, KeycloakUserUpdate, RegExp][])
    test(`is refused: ${what}`, () => assert.throws(() => idsAfter(user, body), refused(text)))
})

describe('attributes', () => {
  test('that are not ours stay', () => {
    const attributes = { phone: ['1', '2'], participant_id: [P], agent_id: [A] }
    assert.deepEqual(withIds(attributes, ids(Q)), { phone: ['1', '2'], participant_id: [Q] })
  })

  test('that the realm has dropped are named', () => {
    const account = { ...NAMES, id: A, emailVerified: true, enabled: true, attributes: { agent_id: [A] } }
    assert.doesNotThrow(() => checkKept(account, ids(null, A)))
    assert.throws(() => checkKept(account, ids(P, A)), refused(/does not keep the attribute participant_id:/))
  })
})
