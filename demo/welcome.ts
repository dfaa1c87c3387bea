/** What `npm start` says when everything runs: where things are, and the next command to try. */
import type { Federation } from './federation.ts'
import type { DemoTokens } from './tokens.ts'

export function welcomeText({
  url,
  federation: { providers, consumers },
  tokens,
  logs,
}: {
  url: string
  federation: Federation
  tokens: DemoTokens
  logs: string
}): string {
  const lines = [
    '',
    `Fulcrum runs at ${url}`,
    '',
    'Providers:',
    ...providers.map(({ name, country, parent, agents }) => {
      const owner = parent ? `, owned by ${parent.name} (${parent.country})` : ''
      return `  ${name} (${country}${owner}): ${agents.map((agent) => `${agent.name} [${agent.tags.join(', ')}]`).join('; ')}`
    }),
    `Consumers: ${consumers.map(({ name }) => name).join(', ')}`,
    '',
    tokens.adminIsNew ? `Admin token, shown only now: ${tokens.admin}` : `Admin token: in ${tokens.adminFile}`,
    `Logs: ${logs}`,
  ]
  const [consumer] = consumers
  const [group] = consumer?.groups ?? []
  if (consumer && group)
    lines.push(
      '',
      `Next, in another terminal, as ${consumer.name}:`,
      `  npx fulcrum login --url ${url} --token-file ${tokens.file(consumer.name)}`,
      `  npx fulcrum order postgresql --name patients --group ${group} --tag eu-owned --set plan=small`,
      '  npx fulcrum psql patients',
      '',
      'Ctrl-C stops everything; the next start finds the data again.',
    )
  return lines.join('\n')
}
