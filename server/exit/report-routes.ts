/** HTTP for the reports about leaving: load, authorize, calculate, answer. Each reads one consistent state. */
import { exitReports } from '@fulcrum/contract'
import { getParticipant } from '../participants/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { invalidInput } from '../platform/errors.ts'
import { parseUuid, timestamp } from '../platform/wire.ts'
import { participantProfiles } from '../sovereignty-profiles/index.ts'
import { exitPlan } from './exit-plan.ts'
import { readExit } from './exit-workflow.ts'
import { jurisdictionPage } from './jurisdiction.ts'
import { registerOf } from './register.ts'
import { consistently, openOfferings } from './report-store.ts'

export function exitReportRoutes(api: Api, { db, now }: Platform): void {
  api.handle(exitReports.jurisdiction, async ({ params }) =>
    consistently(db, async (tx) => {
      const at = now()
      const { id, name } = await getParticipant(tx, params.id)
      const profiles = await participantProfiles(tx, [id], at)
      const offerings = await openOfferings(tx, { providerId: id }, at)
      return jurisdictionPage({ id, name, profile: profiles.get(id) ?? { id } }, offerings, at)
    }),
  )

  api.handle(exitReports.exitPlan, async ({ params, query, authorize }) => {
    const asked = query.get('providerId')
    const providerId = asked === null ? null : parseUuid(asked)
    if (asked !== null && providerId === null) throw invalidInput('providerId: must be a UUID')
    return consistently(db, async (tx) => {
      const consumer = await getParticipant(tx, params.id)
      authorize({ participantId: consumer.id })
      const at = now()
      return exitPlan(consumer, (await readExit(tx, consumer, providerId, at)).planned, at)
    })
  })

  api.handle(exitReports.register, async ({ params, authorize }) =>
    consistently(db, async (tx) => {
      const consumer = await getParticipant(tx, params.id)
      authorize({ participantId: consumer.id })
      const at = now()
      const { registered, providers, profile } = await readExit(tx, consumer, null, at)
      const facts = { consumer: { ...consumer, profile }, services: registered, providers, asOf: timestamp(at) }
      return { consumerId: consumer.id, asOf: timestamp(at), templates: registerOf(facts) }
    }),
  )
}
