/** `fulcrum policy`: what the federation and its consumers accept. */
import type {
  JsonObject,
  SovereigntyPolicy,
  SovereigntyPolicyCreate,
  SovereigntyPolicyTestResult,
} from '@fulcrum/contract'
import type { Command } from 'commander'
import { type OutputFlags, outputOption, readObject } from '../command.ts'
import { CliError, usage } from '../errors.ts'
import { serialize, toFormat } from '../output/format.ts'
import { pairs, table } from '../output/table.ts'
import { note, print } from '../output/terminal.ts'
import { findResource, isId, isRow, listRows, resolveId } from '../resource-lookup.ts'
import { type Session, withSession } from '../session.ts'

export function declare(command: Command): void {
  const list = command.command('list').summary('list policies').addOption(outputOption())
  list.action(async () => await runList(list.optsWithGlobals<OutputFlags>()))

  const show = command
    .command('show')
    .summary('show a policy with its constraints and versions')
    .argument('<policy>', 'name or id')
    .addOption(outputOption())
  show.action(async (policy: string) => await runShow(policy, show.optsWithGlobals<OutputFlags>()))

  const apply = command
    .command('apply')
    .summary('set the policy of a file, or make it the next version of the one with its name and scope')
    .argument('<file>', 'YAML or JSON, - for standard input')
    .addOption(outputOption())
  apply.action(async (file: string) => await runApply(file, apply.optsWithGlobals<OutputFlags>()))

  const test = command
    .command('test')
    .summary('say which running services the policy of a file would refuse; saves nothing')
    .argument('<file>', 'YAML or JSON, - for standard input')
    .addOption(outputOption())
  test.action(async (file: string) => await runTest(file, test.optsWithGlobals<OutputFlags>()))

  const withdraw = command
    .command('withdraw')
    .summary('withdraw a policy with all its versions')
    .argument('<policy>', 'name or id')
    .addOption(outputOption())
  withdraw.action(async (policy: string) => await runWithdraw(policy, withdraw.optsWithGlobals<OutputFlags>()))
}

async function runList(flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => await showAll(await readPolicies(session, {}), format))
}

async function runShow(policy: string, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const id = await policyId(session, policy)
    const found = await session.client.call(session.contract.sovereigntyPolicies.get, { params: { id } })
    if (format === 'json' || format === 'yaml') return print(await serialize(format, found))
    const { groups = [], countries = [], except = [] } = found.trustedZone
    print(
      pairs([
        ['Name', found.name],
        ['Id', found.id],
        ['Version', `${found.version} of ${found.versions.length}, from ${found.effectiveFrom}`],
        ['Scope', scopeText(found)],
        ['Mode', found.mode],
        ['Trusts', [...groups, ...countries, ...except.map((country) => `not ${country}`)].join(', ')],
        ['Unknown facts', found.onUnknown],
        ['Assurance', found.minAssurance],
        ['Breach', found.breach ? `${found.breach.action}, ${found.breach.graceDays} days of grace` : 'alert'],
        ['Withdrawn', found.withdrawnAt ?? 'no'],
      ]),
    )
    print(
      table(
        ['CONSTRAINT', 'TYPE', 'ASSURANCE', 'SEVERITY', 'PARAMETERS'],
        found.constraints.map(({ id: name, type, minAssurance, severity, params }) => [
          name,
          type,
          minAssurance ?? found.minAssurance,
          severity ?? 'hard',
          params ? JSON.stringify(params) : '-',
        ]),
      ),
    )
  })
}

async function runApply(file: string, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  const given = await readObject(file)
  await withSession(flags, async (session) => {
    const { client, contract } = session
    const policy = await readPolicy(session, given)
    const known = (await readPolicies(session, { name: policy.name })).find(
      ({ name, scope, withdrawnAt }) =>
        withdrawnAt === undefined &&
        name === policy.name &&
        scope.kind === policy.scope.kind &&
        scope.id === policy.scope.id,
    )
    const { scope: _, ...rules } = policy
    const made = known
      ? await client.call(contract.sovereigntyPolicies.update, { params: { id: known.id }, body: rules })
      : await client.call(contract.sovereigntyPolicies.create, { body: policy })
    note(`${known ? 'Changed' : 'Set'} ${made.name}: version ${made.version}.`)
    await showOne(made, format)
  })
}

async function runTest(file: string, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  const given = await readObject(file)
  await withSession(flags, async (session) => {
    const policy = await readPolicy(session, given)
    const result = await session.client.call(session.contract.sovereigntyPolicies.test, { body: { policy } })
    print(format === 'json' || format === 'yaml' ? await serialize(format, result) : testText(result))
  })
}

function testText({ checked, denied, services }: SovereigntyPolicyTestResult): string {
  const refused = services.filter(({ failed }) => failed.length > 0)
  const rows = refused.map(({ name, serviceId, failed }) => [name, serviceId, failed.join(' ')])
  const sentence = `${denied} of ${checked} running services would be refused.\n`
  return rows.length === 0 ? sentence : `${sentence}${table(['SERVICE', 'ID', 'WHY'], rows)}`
}

async function runWithdraw(policy: string, flags: OutputFlags): Promise<void> {
  const format = toFormat(flags.output)
  await withSession(flags, async (session) => {
    const id = await policyId(session, policy)
    await showOne(await session.client.call(session.contract.sovereigntyPolicies.withdraw, { params: { id } }), format)
  })
}

const RESOURCE_OF_SCOPE: Readonly<Record<string, string>> = {
  serviceType: 'service-types',
  consumer: 'participants',
  group: 'service-groups',
  service: 'services',
}

/** What the file says, with the name of the scope turned into its id. The server checks the rest. */
async function readPolicy(session: Session, given: JsonObject): Promise<SovereigntyPolicyCreate> {
  const { scope } = given
  if (!isRow(scope) || typeof scope.kind !== 'string')
    throw usage('The file has no scope.', ['scope: {kind: platform}, or {kind: consumer, id: <id or name>}'])
  const resource = RESOURCE_OF_SCOPE[scope.kind]
  const id =
    resource && typeof scope.id === 'string' ? await resolveId(session, findResource(resource), scope.id) : scope.id
  // what else is in it, the server holds against its shape
  return { ...given, scope: { ...scope, ...(id !== undefined && { id }) } } as unknown as SovereigntyPolicyCreate
}

async function readPolicies(session: Session, query: { name?: string }): Promise<readonly SovereigntyPolicy[]> {
  const { rows } = await listRows(session.client, session.contract.sovereigntyPolicies.list, { sort: 'name', ...query })
  // the list answers policies
  return rows as unknown as readonly SovereigntyPolicy[]
}

/** A policy by its id or its name; of several with the name the one that was not withdrawn. */
export async function policyId(session: Session, idOrName: string): Promise<string> {
  if (isId(idOrName)) return idOrName
  const named = (await readPolicies(session, { name: idOrName })).filter(({ name }) => name === idOrName)
  const living = named.filter(({ withdrawnAt }) => withdrawnAt === undefined)
  const [only, ...others] = living.length > 0 ? living : named
  if (!only)
    throw new CliError('notFound', `There is no policy "${idOrName}" among those you may see.`, [
      'See: fulcrum policy list; an id always works.',
    ])
  if (others.length > 0)
    throw usage(
      `Several policies are called "${idOrName}": give an id.`,
      [only, ...others].map((one) => one.id),
    )
  return only.id
}

function scopeText({ scope: { kind, id } }: SovereigntyPolicy): string {
  return id === undefined ? kind : `${kind} ${id}`
}

async function showOne(policy: SovereigntyPolicy, format: ReturnType<typeof toFormat>): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, policy))
  await showAll([policy], format)
}

async function showAll(policies: readonly SovereigntyPolicy[], format: ReturnType<typeof toFormat>): Promise<void> {
  if (format === 'json' || format === 'yaml') return print(await serialize(format, policies))
  if (format === 'name') {
    for (const { id } of policies) print(id)
    return
  }
  print(
    table(
      ['NAME', 'VERSION', 'SCOPE', 'MODE', 'CONSTRAINTS', 'BREACH', 'STATE', 'ID'],
      policies.map((one) => [
        one.name,
        `${one.version}`,
        scopeText(one),
        one.mode,
        `${one.constraints.length}`,
        one.breach?.action ?? 'alert',
        one.withdrawnAt === undefined ? 'in force' : 'withdrawn',
        one.id,
      ]),
    ),
  )
}
