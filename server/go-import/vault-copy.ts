/**
 * Secrets. The Go control plane stores them without an owner; ours belong to a service or to an agent's configuration, and their
 * ciphertext opens for that owner only. So each is opened with the key and sealed again with the same key for its owner.
 */
import { type Json, type JsonObject, type PropertySchema, secretReferences } from '@fulcrum/schema'
import type pg from 'pg'
import { keyId, open, seal } from '../vault/index.ts'
import { ImportRefusal } from './report.ts'
import type { Staging } from './staging.ts'

const BATCH = 500
const REFERENCE = /vault:\/\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/gi
const KEY = 'FULCRUM_VAULT_ENCRYPTION_KEY'
/** As many of the oldest and of the newest are opened before anything is written. */
const SAMPLE = 50

/**
 * Looks whether the key is the one with which the source's secrets were encrypted.
 *
 * @throws ImportRefusal when there are secrets and no key, or the key opens none of them
 */
export async function checkVaultKey(source: pg.Client, key: Buffer | null): Promise<void> {
  const { rows } = await source.query<{ encrypted_value: Buffer }>(`
    (SELECT encrypted_value FROM vault_secrets ORDER BY created_at LIMIT ${SAMPLE})
    UNION ALL (SELECT encrypted_value FROM vault_secrets ORDER BY created_at DESC LIMIT ${SAMPLE})`)
  if (rows.length === 0) return
  if (!key)
    throw new ImportRefusal('usage', 'The source holds secrets, and there is no key to open them.', [
      `Set ${KEY} to what the Go control plane has; the server needs the same afterwards.`,
    ])
  if (!rows.some(({ encrypted_value }) => opened(key, encrypted_value) !== undefined))
    throw new ImportRefusal('usage', `${KEY} is not the key of the source's secrets: it opens none of them.`)
}

/** @throws ImportRefusal when the target's secrets have another key */
export async function checkTargetKey(target: pg.Client, key: Buffer | null): Promise<void> {
  if (!key) return
  const { rowCount } = await target.query('SELECT FROM vault_secrets WHERE key_id <> $1 LIMIT 1', [keyId(key)])
  if (rowCount) throw new ImportRefusal('conflict', `The target holds secrets of another key than ${KEY}.`)
}

type Owner = { reference: string; serviceId: string | null; agentId: string | null; ephemeral: boolean }

/** After services, agents and jobs, whose properties, configuration and params say whose a secret is. */
export async function writeSecrets(staging: Staging, key: Buffer | null): Promise<void> {
  await staging.run(`CREATE TEMP TABLE go_secret_owners
    (reference uuid PRIMARY KEY, service_id uuid, agent_id uuid, ephemeral boolean NOT NULL) ON COMMIT DROP`)
  await findOwners(staging)
  const reference = 'x.reference'
  await staging.skip(
    'vault_secrets',
    `${reference} !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'`,
    'has a reference that is no id',
  )
  await staging.skip(
    'vault_secrets',
    `NOT EXISTS (SELECT FROM go_secret_owners o WHERE o.reference::text = lower(${reference}))`,
    'is referred to by no living service, job or agent: a left-over',
  )
  await staging.skip(
    'vault_secrets',
    `EXISTS (SELECT FROM go_imported_rows r WHERE r.table_name = 'vault_secrets' AND r.id = x.id)
     AND NOT EXISTS (SELECT FROM vault_secrets t WHERE t.reference::text = lower(${reference}))`,
    'was imported earlier and has been deleted here',
    'deleted here',
  )
  await staging.run(`UPDATE go_vault_secrets s SET outcome = 'unchanged'
    WHERE skip IS NULL AND EXISTS (SELECT FROM vault_secrets t WHERE t.reference::text = lower(s.reference))`)
  if (key) await sealAll(staging, key)
}

async function sealAll(staging: Staging, key: Buffer): Promise<void> {
  const { client } = staging
  await client.query(`DECLARE go_secrets NO SCROLL CURSOR FOR
    SELECT s.id, o.reference, o.service_id, o.agent_id, o.ephemeral, s.encrypted_value, s.created_at
    FROM go_vault_secrets s JOIN go_secret_owners o ON o.reference::text = lower(s.reference)
    WHERE s.skip IS NULL AND s.outcome IS NULL`)
  for (;;) {
    const { rows } = await client.query<{
      id: string
      reference: string
      service_id: string | null
      agent_id: string | null
      ephemeral: boolean
      encrypted_value: Buffer
    }>(`FETCH ${BATCH} FROM go_secrets`)
    if (rows.length === 0) break
    const closed: string[] = []
    const sealed: object[] = []
    for (const row of rows) {
      const value = opened(key, row.encrypted_value)
      if (value === undefined) closed.push(row.id)
      else
        sealed.push({
          id: row.id,
          reference: row.reference,
          service_id: row.service_id,
          agent_id: row.agent_id,
          ephemeral: row.ephemeral,
          ciphertext: seal(key, value, row.service_id ?? row.agent_id ?? '').toString('hex'),
        })
    }
    await staging.run(
      `INSERT INTO vault_secrets (reference, service_id, agent_id, ephemeral, key_id, ciphertext, created_at)
       SELECT r.reference, r.service_id, r.agent_id, r.ephemeral, $2, decode(r.ciphertext, 'hex'), s.created_at
       FROM json_to_recordset($1) AS r (id uuid, reference uuid, service_id uuid, agent_id uuid, ephemeral boolean, ciphertext text)
       JOIN go_vault_secrets s ON s.id = r.id`,
      [JSON.stringify(sealed), keyId(key)],
    )
    await staging.run(
      `UPDATE go_vault_secrets SET outcome = 'added' WHERE id IN (SELECT (r->>'id')::uuid FROM json_array_elements($1) r)`,
      [JSON.stringify(sealed)],
    )
    for (const id of closed)
      await staging.skip(
        'vault_secrets',
        `x.id = '${id}'`,
        'does not open with the key, in the Go control plane neither',
      )
  }
  await client.query('CLOSE go_secrets')
}

/**
 * Who refers to a secret owns it. Of several the one whose schema declares the place secret, then the oldest: a text of that form
 * could be written anywhere by anybody who knew it.
 */
async function findOwners(staging: Staging): Promise<void> {
  for (const declared of [true, false]) {
    await eachRow(
      staging,
      `SELECT s.id, s.properties AS value, y.property_schema AS schema, 'service' AS kind
       FROM services s JOIN service_types y ON y.id = s.service_type_id
       WHERE NOT s.terminal AND s.properties::text LIKE '%vault://%' ORDER BY s.created_at, s.id`,
      declared,
    )
    await eachRow(
      staging,
      `SELECT a.id, a.configuration AS value, y.configuration_schema AS schema, 'agent' AS kind
       FROM agents a JOIN agent_types y ON y.id = a.agent_type_id
       WHERE a.deleted_at IS NULL AND a.configuration::text LIKE '%vault://%' ORDER BY a.created_at, a.id`,
      declared,
    )
    await eachRow(
      staging,
      `SELECT s.id, j.params AS value, y.property_schema AS schema, 'service' AS kind
       FROM jobs j JOIN services s ON s.id = j.service_id JOIN service_types y ON y.id = s.service_type_id
       WHERE NOT s.terminal AND j.status IN ('Pending', 'Processing') AND j.params::text LIKE '%vault://%'
       ORDER BY j.created_at, j.id`,
      declared,
    )
  }
}

type Referrer = { id: string; value: JsonObject; schema: PropertySchema; kind: 'service' | 'agent' }

async function eachRow(staging: Staging, query: string, declared: boolean): Promise<void> {
  const { client } = staging
  await client.query(`DECLARE go_referrers NO SCROLL CURSOR FOR ${query}`)
  for (;;) {
    const { rows } = await client.query<Referrer>(`FETCH ${BATCH} FROM go_referrers`)
    if (rows.length === 0) break
    const owners = rows.flatMap((row) => ownersIn(row, declared))
    await staging.run(
      `INSERT INTO go_secret_owners SELECT r.reference, r."serviceId", r."agentId", r.ephemeral
       FROM json_to_recordset($1) AS r (reference uuid, "serviceId" uuid, "agentId" uuid, ephemeral boolean)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(owners)],
    )
  }
  await client.query('CLOSE go_referrers')
}

function ownersIn({ id, value, schema, kind }: Referrer, declared: boolean): Owner[] {
  const owner = { serviceId: kind === 'service' ? id : null, agentId: kind === 'agent' ? id : null }
  if (!declared)
    return [...JSON.stringify(value).matchAll(REFERENCE)].map(([, reference = '']) => ({
      ...owner,
      reference: reference.toLowerCase(),
      ephemeral: false,
    }))
  return declaredReferences(schema, value).flatMap(({ reference, type }) =>
    `vault://${reference}`.match(REFERENCE)?.[0] === `vault://${reference}`
      ? [{ ...owner, reference: reference.toLowerCase(), ephemeral: kind === 'service' && type === 'ephemeral' }]
      : [],
  )
}

/** None for a schema that is not as ours must be. */
function declaredReferences(schema: PropertySchema, value: JsonObject): ReturnType<typeof secretReferences> {
  try {
    return secretReferences(schema, value)
  } catch {
    return []
  }
}

function opened(key: Buffer, ciphertext: Buffer): Json | undefined {
  try {
    return open(key, ciphertext, '')
  } catch {
    return undefined
  }
}
