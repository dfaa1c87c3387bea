/** Examples of the audit log. */
import type { AnyJson } from './values.ts'

const ORIGIN = 'fulcrum.example/audit'
const EVENT = '0b5a0f3e-6f1d-4c7a-9a51-2f0c8d7e6b15'
const SERVICE = '0d6f6a3c-1f0e-4c57-9a53-4b1f6f0c2a07'
const PROVIDER = '5b8f6d1c-7f0a-4c56-9f57-0f2f9d0f6a01'
const CONSUMER = '9d2c1b7e-3a44-4f0e-8a55-6a7d1c2e4b02'
const TOKEN = 'd4c3b2a1-0f1e-4d2c-8b3a-495867768514'
const TIME = '2026-11-24T08:15:42.125Z'
const KEY = 'W7uGLIv+EBg84ASd0IUKvWg1CN86NukKwnl4X4jACrs='
const ROOT = '8a5e6c5ee6b81e35278a590063127cb812d55cf0f113c3830f19d66c86d188b4'
const OLD_ROOT = 'c1ae7abe939560f84d2a9251ef16629f5c5d3e48821205fbf588c637ae90246a'
const NODE = '32c8674f8d85ba21c6caf0ae7cad2b90810a2a4b1487226e20dd053ed1d50e11'
const LEAF = 'dfd8e63fb3ffe35b868319a28a2f9499c6887d306ecd442d822e44125b9e5524'
const SIGNATURE = 'fe9zkN0hjoG4n3iPvubzHi16mszde9COA1beX5e8fKxS+j4podalNQeCyJnRUOXMVvddUwF9FsahP+k2nDVojKIxkwM='
const body = (origin: string) => `${origin}\n7\nil5sXua4HjUnilkAYxJ8uBLVXPDxE8ODDxnWbIbRiLQ=\n\n`
const signature = (name: string) => `— ${name} ${SIGNATURE}\n`
const PEER = 'peer.example/audit'

const checkpoint = {
  origin: ORIGIN,
  size: 7,
  root: ROOT,
  note: body(ORIGIN) + signature(ORIGIN),
  createdAt: '2026-11-24T08:16:00Z',
}
const entry = {
  v: 1,
  seq: 3,
  time: TIME,
  instance: 'fulcrum.example',
  type: 'service.created',
  initiatorType: 'user',
  initiatorId: TOKEN,
  entityId: SERVICE,
  commit: 'b9a96fdf35d0fd90ee808187c700a24d74c2b6cd8db0a2e7607fa92f1d88e1d6',
  alg: 'sha-256',
}
const record = {
  index: 2,
  entry,
  leaf: LEAF,
  salt: '3f1c0a9b8d7e6f5a4b3c2d1e0f9a8b7c',
  payload: {
    id: EVENT,
    type: 'service.created',
    time: TIME,
    initiatorType: 'user',
    initiatorId: TOKEN,
    properties: { name: 'orders database' },
    entityId: SERVICE,
    providerId: PROVIDER,
    consumerId: CONSUMER,
  },
}
const peer = {
  name: 'peer.example',
  origin: PEER,
  publicKey: KEY,
  size: 7,
  root: ROOT,
  note: body(PEER) + signature(PEER) + signature(ORIGIN),
  createdAt: '2026-11-24T08:15:00Z',
  updatedAt: '2026-11-24T08:16:00Z',
}

export const AUDIT_EXAMPLES: Readonly<Record<string, AnyJson>> = {
  AuditKey: { instance: 'fulcrum.example', origin: ORIGIN, algorithm: 'ed25519', publicKey: KEY, keyId: '7def7390' },
  AuditCheckpoint: checkpoint,
  AuditCheckpoints: { items: [checkpoint] },
  AuditEntry: entry,
  AuditRecord: record,
  AuditEntries: { items: [record], size: 7, next: 4 },
  InclusionProof: { seq: 3, index: 2, size: 7, entry, leaf: LEAF, root: ROOT, proof: [NODE, OLD_ROOT, NODE] },
  ConsistencyProof: { from: 4, to: 7, fromRoot: OLD_ROOT, toRoot: ROOT, proof: [NODE] },
  AuditErasureCreate: { subject: 'participant', id: CONSUMER, reason: 'request of 24 November 2026' },
  AuditErasure: { erased: 12 },
  AuditPeer: peer,
  AuditPeers: { items: [peer] },
  PeerCheckpointCreate: { note: body(PEER) + signature(PEER), publicKey: KEY, proof: [NODE] },
}
