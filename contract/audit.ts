/**
 * The audit log: a Merkle tree (RFC 9162) over one entry for each event, checkpoints that are signed of it, and proofs. Hashes, salts
 * and commitments are hexadecimal, keys base64.
 */
import { type Static, Type } from 'typebox'
import { operation } from './operation.ts'
import { InQuery, type JsonObject, Timestamp } from './values.ts'

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256, hexadecimal.' })

export const AuditKey = Type.Object({
  instance: Type.String({ description: 'How entries name this control plane.' }),
  origin: Type.String({ description: 'How checkpoints name this log; also the name of the key.' }),
  algorithm: Type.Enum(['ed25519']),
  publicKey: Type.String({ description: 'The 32 bytes of the key, base64.' }),
  keyId: Type.String({ pattern: '^[0-9a-f]{8}$', description: 'As signatures of checkpoints carry it.' }),
})
export type AuditKey = Static<typeof AuditKey>

export const AuditCheckpoint = Type.Object({
  origin: Type.String(),
  size: Type.Integer({ minimum: 0, description: 'How many entries it covers.' }),
  root: Hash,
  note: Type.String({ description: 'The signed text (C2SP signed note, tlog-checkpoint). Keep it: it is the proof.' }),
  createdAt: Timestamp,
  problem: Type.Optional(
    Type.String({ description: 'Why nothing newer is signed: the log does not go on from this checkpoint.' }),
  ),
})
export type AuditCheckpoint = Static<typeof AuditCheckpoint>

export const AuditCheckpoints = Type.Object({ items: Type.Array(AuditCheckpoint, { description: 'Newest first.' }) })
export type AuditCheckpoints = Static<typeof AuditCheckpoints>

export const AuditEntry = Type.Object({
  v: Type.Literal(1),
  seq: Type.Integer({ description: 'The sequence number of the event.' }),
  time: Type.String({ format: 'date-time', description: 'UTC, with milliseconds where there are any.' }),
  instance: Type.String(),
  type: Type.String(),
  initiatorType: Type.String(),
  initiatorId: Type.String(),
  entityId: Type.String({ description: 'Empty when the event names none.' }),
  commit: Hash,
  alg: Type.Literal('sha-256'),
})
export type AuditEntry = Static<typeof AuditEntry>

export const AuditRecord = Type.Object({
  index: Type.Integer({ minimum: 0, description: 'Place of the leaf in the tree.' }),
  entry: AuditEntry,
  leaf: Type.String({
    pattern: '^[0-9a-f]{64}$',
    description: 'SHA-256(0x00 ‖ entry as canonical JSON), as the tree keeps it.',
  }),
  salt: Type.Optional(
    Type.String({ description: 'Absent once the payload was erased, or deleted together with an old event.' }),
  ),
  payload: Type.Optional(
    Type.Unsafe<JsonObject>({
      type: 'object',
      description: 'The event as it is now. SHA-256(salt ‖ payload as canonical JSON) must be the commit of the entry.',
    }),
  ),
})
export type AuditRecord = Static<typeof AuditRecord>

export const AuditEntries = Type.Object({
  items: Type.Array(AuditRecord, { description: 'In the order of the tree.' }),
  size: Type.Integer({ minimum: 0, description: 'How many entries the log holds now.' }),
  next: Type.Optional(Type.Integer({ description: 'Give it as `from` for the next page; absent on the last one.' })),
})
export type AuditEntries = Static<typeof AuditEntries>

export const InclusionProof = Type.Object({
  seq: Type.Integer(),
  index: Type.Integer({ minimum: 0 }),
  size: Type.Integer({ minimum: 1 }),
  entry: AuditEntry,
  leaf: Hash,
  root: Hash,
  proof: Type.Array(Hash, { description: 'From the leaf up (RFC 9162, section 2.1.3).' }),
})
export type InclusionProof = Static<typeof InclusionProof>

export const ConsistencyProof = Type.Object({
  from: Type.Integer({ minimum: 1 }),
  to: Type.Integer({ minimum: 1 }),
  fromRoot: Hash,
  toRoot: Hash,
  proof: Type.Array(Hash, { description: 'RFC 9162, section 2.1.4.' }),
})
export type ConsistencyProof = Static<typeof ConsistencyProof>

export const AuditErasureCreate = Type.Object({
  subject: Type.Enum(['participant', 'entity', 'initiator'], {
    description:
      'participant: events that concern it as provider, consumer, owner or entity. entity: events about this id. initiator: events that this user or token caused.',
  }),
  id: Type.String({ minLength: 1, description: 'Of the subject: a UUID, or the subject that a user signs in with.' }),
  reason: Type.Optional(Type.String({ description: 'Kept in the audited event: name no person in it.' })),
})
export type AuditErasureCreate = Static<typeof AuditErasureCreate>

export const AuditErasure = Type.Object({
  erased: Type.Integer({ minimum: 0, description: 'Of how many events the payload was erased now.' }),
})
export type AuditErasure = Static<typeof AuditErasure>

export const AuditPeer = Type.Object({
  name: Type.String(),
  origin: Type.String(),
  publicKey: Type.String({ description: 'Base64; fixed by the first checkpoint.' }),
  size: Type.Integer({ minimum: 0 }),
  root: Hash,
  note: Type.String({
    description: 'The last checkpoint that was seen, with the signature of this control plane added.',
  }),
  refusedAt: Type.Optional(Timestamp),
  refusedNote: Type.Optional(
    Type.String({ description: 'The last checkpoint that contradicts what was seen before.' }),
  ),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type AuditPeer = Static<typeof AuditPeer>

export const AuditPeers = Type.Object({ items: Type.Array(AuditPeer) })
export type AuditPeers = Static<typeof AuditPeers>

export const PeerCheckpointCreate = Type.Object({
  note: Type.String({ minLength: 1, description: "The peer's checkpoint, signed by it." }),
  publicKey: Type.Optional(
    Type.String({ description: "The peer's key, base64; needed with its first checkpoint, and never changed." }),
  ),
  proof: Type.Optional(
    Type.Array(Type.String(), {
      description: 'That it goes on from the last checkpoint that was seen here; not needed with the first one.',
    }),
  ),
})
export type PeerCheckpointCreate = Static<typeof PeerCheckpointCreate>

const number = (description: string, minimum: number, more: { default?: number; maximum?: number } = {}) =>
  Type.Optional(InQuery({ type: 'integer', minimum, maximum: 999_999_999_999_999, ...more, description }))

const EVERYBODY = { admin: 'any', participant: 'any', agent: 'any' } as const
const OF_THE_EVENT = { admin: 'any', participant: ['providerId', 'consumerId'] } as const
const ADMINS = { admin: 'any' } as const
const NOT_SIGNED = 'Nothing is signed yet, or there is no key to sign with.'

export const audit = {
  key: operation({
    id: 'audit.key',
    method: 'GET',
    path: '/audit/key',
    summary: 'Read the public key that checkpoints are signed with.',
    access: EVERYBODY,
    status: 200,
    answer: AuditKey,
    missing: NOT_SIGNED,
    addition: true,
  }),
  checkpoint: operation({
    id: 'audit.checkpoint',
    method: 'GET',
    path: '/audit/checkpoint',
    summary: 'Read the newest signed checkpoint.',
    access: EVERYBODY,
    status: 200,
    answer: AuditCheckpoint,
    missing: NOT_SIGNED,
    addition: true,
  }),
  checkpoints: operation({
    id: 'audit.checkpoints',
    method: 'GET',
    path: '/audit/checkpoints',
    summary: 'List signed checkpoints, newest first.',
    access: EVERYBODY,
    query: Type.Object({
      before: number('Only those of fewer entries: the size of the last one of the page before.', 1),
      limit: number('At most so many.', 1, { maximum: 100, default: 20 }),
    }),
    status: 200,
    answer: AuditCheckpoints,
    addition: true,
  }),
  sign: operation({
    id: 'audit.sign',
    method: 'POST',
    path: '/audit/checkpoints',
    summary: 'Sign a checkpoint of all entries now, and not within a minute; the newest one when nothing is new.',
    access: ADMINS,
    status: 200,
    answer: AuditCheckpoint,
    conflict: 'The log does not go on from what was signed before: nothing is signed any more.',
    missing: 'There is nothing to sign, or no key to sign with.',
    addition: true,
  }),
  entries: operation({
    id: 'audit.entries',
    method: 'GET',
    path: '/audit/entries',
    summary: 'Read entries in the order of the tree, with what they commit to.',
    access: OF_THE_EVENT,
    query: Type.Object({
      from: number('The first sequence number.', 1, { default: 1 }),
      to: number('The last one.', 1),
      limit: number('So many entries are looked at; those of others are left out.', 1, {
        maximum: 1_000,
        default: 100,
      }),
    }),
    status: 200,
    answer: AuditEntries,
    addition: true,
  }),
  inclusion: operation({
    id: 'audit.inclusion',
    method: 'GET',
    path: '/audit/proof/inclusion',
    summary: 'Prove that the entry of an event is in the tree.',
    access: OF_THE_EVENT,
    query: Type.Object({
      seq: number('The sequence number of the event. Required.', 1),
      size: number(
        'Of the tree; else that of the newest checkpoint, or of the whole log if that does not cover it.',
        1,
      ),
    }),
    status: 200,
    answer: InclusionProof,
    missing: 'There is no entry of this number.',
    addition: true,
  }),
  consistency: operation({
    id: 'audit.consistency',
    method: 'GET',
    path: '/audit/proof/consistency',
    summary: 'Prove that a later tree begins with an earlier one.',
    access: EVERYBODY,
    query: Type.Object({
      from: number('Size of the earlier tree. Required.', 1),
      to: number('Size of the later tree; else that of the newest checkpoint.', 1),
    }),
    status: 200,
    answer: ConsistencyProof,
    missing: NOT_SIGNED,
    addition: true,
  }),
  erase: operation({
    id: 'audit.erase',
    method: 'POST',
    path: '/audit/erasures',
    summary: 'Erase the payloads of events of one subject for good. Entries, tree and proofs stay as they are.',
    access: ADMINS,
    body: AuditErasureCreate,
    status: 201,
    answer: AuditErasure,
    missing: 'No event is about this subject.',
    addition: true,
  }),
  peers: operation({
    id: 'audit.peers',
    method: 'GET',
    path: '/audit/peers',
    summary: 'List the control planes whose checkpoints are cosigned here, with the last one of each.',
    access: ADMINS,
    status: 200,
    answer: AuditPeers,
    addition: true,
  }),
  witness: operation({
    id: 'audit.witness',
    method: 'POST',
    path: '/audit/peers/{name}/checkpoint',
    summary: 'Check that the checkpoint of another control plane goes on from the last one seen here, and cosign it.',
    access: ADMINS,
    params: Type.Object({ name: Type.String({ pattern: '^[a-z0-9.-]{1,100}$' }) }),
    body: PeerCheckpointCreate,
    status: 200,
    answer: AuditPeer,
    conflict: 'It contradicts what was seen before, is older, or the proof does not show that it goes on.',
    missing: 'There is no key to sign with.',
    addition: true,
  }),
} as const
