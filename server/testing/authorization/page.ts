/**
 * Writes the page that says who may use each operation, from the access rules of the contract:
 * `node server/testing/authorization/page.ts > docs/reference/authorization.md`
 */
import { type Operation, type OwnerField, operations, type Role } from '@fulcrum/contract'

const WORDS: Readonly<Record<Exclude<Role, 'admin'>, Readonly<Record<OwnerField, string>>>> = {
  participant: { participantId: 'its own', providerId: 'as provider', consumerId: 'as consumer', agentId: 'never' },
  agent: { participantId: "its provider's", providerId: "its provider's", consumerId: 'never', agentId: 'its own' },
}

function ruleOf({ access }: Operation, role: Role): string {
  if (access === 'public') return 'anybody'
  const rule = access[role]
  if (rule === undefined) return '–'
  if (rule === 'any' || role === 'admin') return 'any'
  return rule.map((field) => WORDS[role][field]).join(' or ')
}

const HEAD = `# Who may use which operation

This page is made from the access rules in \`contract/\`; \`server/authorization.test.ts\` fails when it is not current. The
same test calls every operation as everybody, on objects of their own, of others and that there are not, and holds the
answers against what was measured on the Go control plane and the [deviations](../decisions/0012-deviations-from-the-go-control-plane.md)
from it.

- **anybody**: without a token, on the port for health. **any**: whatever the object. **–**: callers of this role are
  refused, whatever the object.
- **as provider**, **as consumer**: of objects that name the participant so. **its own**: what belongs to the participant,
  or to the agent. **its provider's**: what belongs to the provider of the agent.
- Lists show, filter and count only what the same rule lets through.
- What belongs to nobody (an admin's token, a pool of the whole federation) is for admins alone.
- Refusals: 401 without a good token, 403 for the role and for an existing object out of reach, 404 for an object that
  there is not; neither tells anything about the object. A secret, and the configuration of an installation, are 404 out
  of reach, too.
- A disabled participant or agent reads itself (\`participants.get\`, \`agents.get\`, \`agents.me\`) and nothing else.
- Who holds the token of an installation may fetch its configuration (\`agents.installConfig\`) and nothing else.
- An admin that its identity provider narrows to a participant or an agent may do what an admin may, on what belongs to it.
`

export function authorizationPage(): string {
  const rows = operations.map((operation) => {
    const roles = (['admin', 'participant', 'agent'] as const).map((role) => ruleOf(operation, role))
    return `| ${[operation.id, `\`${operation.method} ${operation.path}\``, ...roles].join(' | ')} |`
  })
  const table = ['| Operation | Request | Admin | Participant | Agent |', '|---|---|---|---|---|', ...rows]
  return `${HEAD}\n${table.join('\n')}\n`
}

if (import.meta.main) process.stdout.write(authorizationPage())
