/** HTTP for config pools and their values: parse, authorize, call, answer. */
import { randomUUID } from 'node:crypto'
import { configPools, configPoolValues } from '@fulcrum/contract'
import { appendEvent, changes } from '../events/index.ts'
import { findParticipantForReference } from '../participants/index.ts'
import type { Api } from '../platform/api.ts'
import type { Platform } from '../platform/context.ts'
import { conflict, invalidInput } from '../platform/errors.ts'
import { listPage } from '../platform/lists.ts'
import {
  type ConfigPool,
  checkConfigPool,
  checkConfigPoolValue,
  checkGeneratorType,
  configPoolShape,
} from './config-pool.ts'
import {
  configPoolList,
  configPoolToWire,
  configPoolValueList,
  configPoolValueToWire,
  countConfigPoolValues,
  deleteConfigPool,
  deleteConfigPoolValue,
  findConfigPoolClash,
  getConfigPoolValueView,
  getConfigPoolView,
  insertConfigPool,
  insertConfigPoolValue,
  lockConfigPool,
  lockConfigPoolValue,
  saveConfigPool,
} from './config-pool-store.ts'

export function configPoolRoutes(api: Api, platform: Platform): void {
  poolRoutes(api, platform)
  valueRoutes(api, platform)
}

function poolRoutes(api: Api, { db }: Platform): void {
  api.handle(configPools.list, ({ query, scope }) => listPage(db, configPools.list, query, scope, configPoolList))

  api.handle(configPools.get, async ({ params, authorize }) => {
    const pool = await getConfigPoolView(db, params.id)
    authorize({ participantId: pool.participantId ?? null })
    return pool
  })

  api.handle(configPools.create, async ({ body, authorize, command }) => {
    const participantId = body.participantId ?? null
    authorize({ participantId })
    const pool = await command(async (c) => {
      if (participantId !== null && (await findParticipantForReference(c.tx, participantId)) === null)
        throw invalidInput(`participant with ID ${participantId} does not exist`)
      const { name, type, propertyType, generatorType, generatorConfig = null } = body
      checkGeneratorType(generatorType)
      const created = checkConfigPool({
        id: randomUUID(),
        name,
        type,
        propertyType,
        generatorConfig,
        participantId,
        createdAt: c.now,
        updatedAt: c.now,
      })
      const clash = await findConfigPoolClash(c.tx, type, participantId)
      if (clash) throw invalidInput(`config pool with type "${type}" already exists in ${scopeText(clash)} scope`)
      await insertConfigPool(c.tx, created)
      await appendEvent(c, { type: 'config_pool.created', entityId: created.id })
      return created
    })
    return configPoolToWire(pool)
  })

  api.handle(configPools.update, async ({ params, body, authorize, command }) => {
    await command(async (c) => {
      const before = await lockConfigPool(c.tx, params.id)
      authorize(before)
      const after = checkConfigPool({ ...before, ...body, updatedAt: c.now })
      await saveConfigPool(c.tx, after)
      await appendEvent(c, {
        type: 'config_pool.updated',
        entityId: after.id,
        properties: changes(configPoolShape(before), configPoolShape(after)),
      })
    })
    return getConfigPoolView(db, params.id)
  })

  api.handle(configPools.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const pool = await lockConfigPool(c.tx, params.id)
      authorize(pool)
      const values = await countConfigPoolValues(c.tx, pool.id)
      if (values > 0) throw conflict(`cannot delete config pool ${pool.id}: ${values} dependent value(s) exist`)
      await deleteConfigPool(c.tx, pool.id)
      await appendEvent(c, { type: 'config_pool.deleted', entityId: pool.id })
    })
  })
}

function scopeText({ participantId }: Pick<ConfigPool, 'participantId'>): string {
  return participantId === null ? 'global' : `participant ${participantId}`
}

function valueRoutes(api: Api, { db }: Platform): void {
  api.handle(configPoolValues.list, ({ query, scope }) =>
    listPage(db, configPoolValues.list, query, scope, configPoolValueList),
  )

  api.handle(configPoolValues.get, async ({ params, authorize }) => {
    const { value, participantId } = await getConfigPoolValueView(db, params.id)
    authorize({ participantId })
    return value
  })

  api.handle(configPoolValues.create, async ({ body, authorize, command }) => {
    const value = await command(async (c) => {
      const pool = await lockConfigPool(c.tx, body.configPoolId)
      authorize(pool)
      const created = checkConfigPoolValue({
        id: randomUUID(),
        ...body,
        participantId: pool.participantId,
        agentId: null,
        propertyName: null,
        allocatedAt: null,
        createdAt: c.now,
        updatedAt: c.now,
      })
      await insertConfigPoolValue(c.tx, created)
      await appendEvent(c, { type: 'config_pool_value.created', entityId: created.id })
      return created
    })
    return configPoolValueToWire(value)
  })

  api.handle(configPoolValues.delete, async ({ params, authorize, command }) => {
    await command(async (c) => {
      const value = await lockConfigPoolValue(c.tx, params.id)
      authorize(value)
      if (value.agentId !== null) throw conflict('cannot delete allocated pool value')
      await deleteConfigPoolValue(c.tx, value.id)
      await appendEvent(c, { type: 'config_pool_value.deleted', entityId: value.id })
    })
  })
}
