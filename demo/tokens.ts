/** The demo's API tokens: values in files of mode 0600, made once and used again by the next start. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { FulcrumClient, UnauthenticatedError } from '@fulcrum/client'
import { participants, serviceTypes, tokens } from '@fulcrum/contract'

const LIFETIME_MS = 365 * 24 * 3_600_000

export type DemoTokens = {
  admin: string
  /** True when this start made the admin's token, which is then shown once. */
  adminIsNew: boolean
  adminFile: string
  file(name: string): string
  ensureAgent(client: FulcrumClient, name: string, id: string): Promise<void>
  ensureParticipant(client: FulcrumClient, name: string, id: string): Promise<void>
}

export function demoTokens(dir: string, url: string): DemoTokens {
  const folder = path.join(dir, 'tokens')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const adminFile = path.join(folder, 'admin')
  const adminIsNew = !existsSync(adminFile)
  const admin =
    process.env.FULCRUM_BOOTSTRAP_ADMIN_TOKEN || (adminIsNew ? randomBytes(32).toString('base64url') : read(adminFile))
  write(adminFile, admin)
  const file = (name: string) => path.join(folder, fileName(name))

  const ensure = async (client: FulcrumClient, role: 'agent' | 'participant', name: string, scopeId: string) => {
    if (existsSync(file(name)) && (await works(url, read(file(name)), role, scopeId))) return
    const expireAt = new Date(Date.now() + LIFETIME_MS).toISOString()
    const { value } = await client.call(tokens.create, { body: { name: `demo: ${name}`, role, scopeId, expireAt } })
    write(file(name), value ?? '')
  }
  return {
    admin,
    adminIsNew,
    adminFile,
    file,
    ensureAgent: (client, name, id) => ensure(client, 'agent', name, id),
    ensureParticipant: (client, name, id) => ensure(client, 'participant', name, id),
  }
}

async function works(url: string, token: string, role: 'agent' | 'participant', id: string): Promise<boolean> {
  const client = new FulcrumClient({ url, token })
  try {
    if (role === 'participant') await client.call(participants.get, { params: { id } })
    else await client.call(serviceTypes.list, { query: { pageSize: 1 } })
    return true
  } catch (error) {
    if (error instanceof UnauthenticatedError) return false
    throw error
  } finally {
    await client.close()
  }
}

function read(file: string): string {
  return readFileSync(file, 'utf8').trim()
}

function write(file: string, value: string): void {
  writeFileSync(file, `${value}\n`, { mode: 0o600 })
}

/** `Klinikum Seeheim` → `klinikum-seeheim`. */
function fileName(name: string): string {
  return name
    .normalize('NFD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}
