/**
 * The file that names the stores for artifacts besides the server's own disk: where each is, who runs it, and under whose control.
 * It is read once, at start; secrets come from environment variables or files that it names, never from itself.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import { parse } from 'yaml'
import { parseUuid } from './wire.ts'

/** Who has a store in hand. Null: nobody has said, and unknown is never taken for good. */
export type StoreOwner = {
  readonly name: string
  readonly operator: string | null
  /** ISO 3166-1 alpha-2: where the content lies. */
  readonly country: string | null
  /** From where the operator is ultimately controlled. */
  readonly controllerCountry: string | null
  /** The participant that runs the store, where it is one. */
  readonly providerId: string | null
}

export type LocalStoreConfig = StoreOwner & { readonly kind: 'local' }
export type DirectoryStoreConfig = StoreOwner & { readonly kind: 'directory'; readonly path: string }
export type S3StoreConfig = StoreOwner & {
  readonly kind: 's3'
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly timeoutMs: number
}
export type StoreConfig = LocalStoreConfig | DirectoryStoreConfig | S3StoreConfig

type Environment = Readonly<Record<string, string | undefined>>

/** The server's own disk when the file does not speak of it. */
export const LOCAL_STORE: LocalStoreConfig = {
  name: 'local',
  kind: 'local',
  operator: null,
  country: null,
  controllerCountry: null,
  providerId: null,
}

const NAME = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,49}$' })
const TEXT = Type.String({ minLength: 1, maxLength: 500 })
const COUNTRY = Type.String({ pattern: '^[A-Z]{2}$' })
const OWNER = {
  name: NAME,
  operator: Type.Optional(TEXT),
  country: Type.Optional(COUNTRY),
  controllerCountry: Type.Optional(COUNTRY),
  providerId: Type.Optional(TEXT),
}
const KNOWN_OWNER = { ...OWNER, operator: TEXT, country: COUNTRY, controllerCountry: COUNTRY }
const CLOSED = { additionalProperties: false }
const SECRET = /^(accessKeyId|secretAccessKey)$/

const LOCAL = Type.Object(OWNER, CLOSED)
const DIRECTORY = Type.Object({ ...KNOWN_OWNER, kind: Type.Literal('directory'), path: TEXT }, CLOSED)
const S3 = Type.Object(
  {
    ...KNOWN_OWNER,
    kind: Type.Literal('s3'),
    endpoint: TEXT,
    region: TEXT,
    bucket: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$' }),
    prefix: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._/-]{0,200}$' })),
    accessKeyIdEnv: Type.Optional(TEXT),
    accessKeyIdFile: Type.Optional(TEXT),
    secretAccessKeyEnv: Type.Optional(TEXT),
    secretAccessKeyFile: Type.Optional(TEXT),
    timeoutSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 600 })),
    allowHttp: Type.Optional(Type.Boolean()),
  },
  CLOSED,
)

/** Only these spell out what an http endpoint says in the clear to nobody else. */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])
const DEFAULT_TIMEOUT_SECONDS = 30

/**
 * @param file  YAML or JSON: `stores:` with one entry for each store. `local` describes the server's own disk and has no kind
 * @returns every store, `local` first
 * @throws Error that says everything that is wrong with the file, and never what a secret is
 */
export function readArtifactStores(file: string, environment: Environment): readonly StoreConfig[] {
  const entries = readEntries(file)
  const problems: string[] = []
  const stores = entries.flatMap((entry, at) => {
    try {
      return [readStore(entry, environment)]
    } catch (error) {
      problems.push(`stores[${at}]: ${error instanceof Error ? error.message : String(error)}`)
      return []
    }
  })
  const names = stores.map(({ name }) => name)
  for (const name of new Set(names.filter((one, at) => names.indexOf(one) !== at)))
    problems.push(`two stores are called ${name}`)
  if (problems.length > 0) throw new Error(`names ${file}, which is not valid: ${problems.join('; ')}`)
  return [stores.find(({ kind }) => kind === 'local') ?? LOCAL_STORE, ...stores.filter(({ kind }) => kind !== 'local')]
}

function readEntries(file: string): readonly unknown[] {
  let content: unknown
  try {
    content = parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`names ${file}, which cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  const shape = Type.Object({ stores: Type.Array(Type.Unknown()) }, CLOSED)
  if (!Value.Check(shape, content))
    throw new Error(`names ${file}, which must have a list called stores and nothing else`)
  return content.stores
}

function readStore(entry: unknown, environment: Environment): StoreConfig {
  if (entry === null || typeof entry !== 'object') throw new Error('must be a store with a name')
  if (Object.keys(entry).some((name) => SECRET.test(name)))
    throw new Error(
      'keys do not belong into this file: name them by accessKeyIdEnv or accessKeyIdFile, and likewise the secret',
    )
  if (Reflect.get(entry, 'name') === 'local') {
    if (!Value.Check(LOCAL, entry)) throw new Error(fault(LOCAL, entry))
    return { kind: 'local', ...owner(entry) }
  }
  switch (Reflect.get(entry, 'kind')) {
    case 'directory': {
      if (!Value.Check(DIRECTORY, entry)) throw new Error(fault(DIRECTORY, entry))
      if (!path.isAbsolute(entry.path)) throw new Error('path must be absolute')
      return { kind: 'directory', ...owner(entry), path: path.resolve(entry.path) }
    }
    case 's3': {
      if (!Value.Check(S3, entry)) throw new Error(fault(S3, entry))
      return {
        kind: 's3',
        ...owner(entry),
        endpoint: endpoint(entry.endpoint, entry.allowHttp ?? false),
        region: entry.region,
        bucket: entry.bucket,
        prefix: (entry.prefix ?? '').replaceAll(/^\/+|\/+$/g, ''),
        accessKeyId: secret('accessKeyId', entry.accessKeyIdEnv, entry.accessKeyIdFile, environment),
        secretAccessKey: secret('secretAccessKey', entry.secretAccessKeyEnv, entry.secretAccessKeyFile, environment),
        timeoutMs: (entry.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1_000,
      }
    }
    default:
      throw new Error('kind must be s3 or directory')
  }
}

/** What is wrong with an entry, by the name of its member. */
function fault(schema: TSchema, entry: unknown): string {
  const [first] = Value.Errors(schema, entry)
  return `${first?.instancePath.slice(1).replaceAll('/', '.') ?? ''} ${first?.message ?? 'is not valid'}`.trim()
}

function owner(store: {
  name: string
  operator?: string
  country?: string
  controllerCountry?: string
  providerId?: string
}): StoreOwner {
  const providerId = store.providerId === undefined ? null : parseUuid(store.providerId)
  if (store.providerId !== undefined && providerId === null)
    throw new Error('providerId must be the id of a participant')
  return {
    name: store.name,
    operator: store.operator ?? null,
    country: store.country ?? null,
    controllerCountry: store.controllerCountry ?? null,
    providerId,
  }
}

function endpoint(text: string, allowHttp: boolean): string {
  if (!URL.canParse(text)) throw new Error('endpoint must be a URL such as https://s3.example.org')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') throw new Error('endpoint must not hold credentials')
  if (url.protocol === 'http:' && !allowHttp && !LOOPBACK.has(url.hostname))
    throw new Error(
      'endpoint must begin with https: http carries the content in the clear; allowHttp: true accepts that',
    )
  if (!/^https?:$/.test(url.protocol)) throw new Error('endpoint must begin with https')
  return text.replace(/\/+$/, '')
}

function secret(
  what: string,
  variable: string | undefined,
  file: string | undefined,
  environment: Environment,
): string {
  if ((variable === undefined) === (file === undefined))
    throw new Error(`exactly one of ${what}Env and ${what}File must be given`)
  const value = variable === undefined ? readSecretFile(what, file ?? '') : environment[variable]
  if (!value?.trim()) throw new Error(`${what}: ${variable ?? file} is empty`)
  return value.trim()
}

function readSecretFile(what: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
