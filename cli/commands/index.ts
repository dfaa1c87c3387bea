/** All commands, in the order of the help text. Each file is loaded when its command is used, which keeps the start fast. */
import type { Declare } from '../command.ts'

type Entry = {
  readonly name: string
  readonly summary: string
  readonly heading: string
  readonly load: () => Promise<{ declare: Declare }>
}

const ACCOUNT = 'Account:'
const SERVICES = 'Services:'
const RESOURCES = 'Resources:'
const SOVEREIGNTY = 'Sovereignty:'
const LEAVING = 'Leaving:'
const MORE = 'More:'

export const COMMANDS: readonly Entry[] = [
  entry('login', 'store address and token of a server', ACCOUNT, () => import('./login.ts')),
  entry('logout', 'forget the token of a profile', ACCOUNT, () => import('./logout.ts')),
  entry('profile', 'list, choose, show and delete profiles', ACCOUNT, () => import('./profile.ts')),
  entry('whoami', 'say who the server takes you for', ACCOUNT, () => import('./whoami.ts')),
  entry('offers', 'show who offers a service type, with its options', SERVICES, () => import('./offers.ts')),
  entry('order', 'order a service and wait until it is there', SERVICES, () => import('./order.ts')),
  entry('update', 'change properties or the name of a service', SERVICES, () => import('./update.ts')),
  entry('action', 'run a lifecycle action of a service', SERVICES, () => import('./action.ts')),
  entry('start', 'start a service', SERVICES, () => import('./start.ts')),
  entry('stop', 'stop a service', SERVICES, () => import('./stop.ts')),
  entry('watch', 'follow a service until it settles, or all services', SERVICES, () => import('./watch.ts')),
  entry('why', 'say why a service or a job is as it is', SERVICES, () => import('./why.ts')),
  entry('reveal', 'show the secrets of a service in clear', SERVICES, () => import('./reveal.ts')),
  entry('psql', 'open psql on a database service', SERVICES, () => import('./psql.ts')),
  entry('get', 'list resources, or show one in a line', RESOURCES, () => import('./get.ts')),
  entry('describe', 'show one thing in full', RESOURCES, () => import('./describe.ts')),
  entry('create', 'create a resource', RESOURCES, () => import('./create.ts')),
  entry('patch', 'change some members of a resource', RESOURCES, () => import('./patch.ts')),
  entry('delete', 'delete a service or another resource', RESOURCES, () => import('./delete.ts')),
  entry('events', 'show what happened, and follow it', RESOURCES, () => import('./events.ts')),
  entry('artifact', 'list, download and upload dumps and other files', RESOURCES, () => import('./artifact.ts')),
  entry('audit', 'verify the audit log, export it, prove and erase', RESOURCES, () => import('./audit.ts')),
  entry('credential', 'hand in, see and export Gaia-X credentials', RESOURCES, () => import('./credential.ts')),
  entry('token', 'create and regenerate API tokens', RESOURCES, () => import('./token.ts')),
  entry('agent-token', 'create a token for an agent', RESOURCES, () => import('./agent-token.ts')),
  entry(
    'sovereignty',
    'facts about providers, decisions, and what Fulcrum depends on',
    SOVEREIGNTY,
    () => import('./sovereignty.ts'),
  ),
  entry('policy', 'what the federation and its consumers accept', SOVEREIGNTY, () => import('./policy.ts')),
  entry('waiver', 'exceptions of policies, with an end', SOVEREIGNTY, () => import('./waiver.ts')),
  entry('placement', 'where an order could run, and why not elsewhere', SOVEREIGNTY, () => import('./placement.ts')),
  entry('decision', 'decisions about where services may go', SOVEREIGNTY, () => import('./decision.ts')),
  entry('classify', 'say how critical a service is and what it costs', SOVEREIGNTY, () => import('./classify.ts')),
  entry('exposure', 'what a cut-off, an order or a tariff would do', SOVEREIGNTY, () => import('./exposure.ts')),
  entry(
    'concentration',
    'how much hangs on few, and what remains without them',
    SOVEREIGNTY,
    () => import('./concentration.ts'),
  ),
  entry('migrate', 'move a service, with its data, to another agent', LEAVING, () => import('./migrate.ts')),
  entry('migration', 'look at migrations and steer them', LEAVING, () => import('./migration.ts')),
  entry('evacuate', 'plan how services leave a provider, and do it', LEAVING, () => import('./evacuate.ts')),
  entry('drill', 'rehearse leaving, and measure it', LEAVING, () => import('./drill.ts')),
  entry('vault', "copies of services outside their providers' control", LEAVING, () => import('./vault.ts')),
  entry('exit', 'exit plan, register of information, jurisdiction of a provider', LEAVING, () => import('./exit.ts')),
  entry('switching', 'leave a provider under the Data Act, on the record', LEAVING, () => import('./switching.ts')),
  entry('import', 'copy the database of a Go control plane into ours', MORE, () => import('./import.ts')),
  entry('completion', 'print a completion script for a shell', MORE, () => import('./completion.ts')),
]

function entry(name: string, summary: string, heading: string, load: Entry['load']): Entry {
  return { name, summary, heading, load }
}
