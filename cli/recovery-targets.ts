/** How long services may be away and how old their data may be: what their consumers said of them. */
import type { RecoveryTargets } from './drill-report.ts'
import { readEach } from './report-names.ts'
import type { Session } from './session.ts'

/** Nothing is known of services whose classification the caller may not see. */
export async function readTargets(
  session: Session,
  services: readonly string[],
): Promise<(serviceId: string) => RecoveryTargets> {
  const { client, contract } = session
  const targets = new Map<string, RecoveryTargets>()
  await readEach(services, async (id) =>
    targets.set(id, await client.call(contract.serviceClassifications.get, { params: { id } })),
  )
  return (id) => targets.get(id) ?? {}
}
