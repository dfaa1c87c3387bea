/** The contract's rules of rendering an installation, against the code that does it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkPropertySchema, type Json, type JsonObject } from '@fulcrum/schema'
import { TemplateError } from '../templates/index.ts'
import { assertVector, readVectors, type Vector } from '../testing/vectors.ts'
import { commandText, configurationText, resolveSecrets, SecretMissing } from './installation.ts'

function rendered({ given }: Vector): JsonObject {
  const {
    data,
    configTemplate = '',
    cmdTemplate = '',
    configUrl,
    authToken,
  } = given as {
    [key: string]: string
  } & { data: JsonObject } // the vectors of this file have this form
  const type = { configurationSchema: { properties: {}, validators: null }, configTemplate, cmdTemplate }
  try {
    return {
      text: cmdTemplate
        ? commandText(type, data, { configUrl: configUrl ?? '', authToken: authToken ?? '' })
        : configurationText(type, data, new Map(), () => '').text,
    }
  } catch (error) {
    assert.ok(error instanceof TemplateError, String(error))
    return { error: error.message }
  }
}

describe('agent-install-render', () => {
  for (const vector of readVectors('agent-install-render').vectors)
    test(vector.name, () => assertVector(vector, rendered(vector)))
})

describe('secret-resolve', () => {
  const secrets = new Map<string, Json>([
    ['r1', 'one'],
    ['r2', 42],
  ])
  for (const vector of readVectors('secret-resolve').vectors)
    test(vector.name, () => {
      const schema = checkPropertySchema(vector.given.schema, 'agent')
      const resolve = () => resolveSecrets(schema, vector.given.data as JsonObject, secrets) // it is one in each vector
      if (typeof vector.expect.error === 'string')
        assert.throws(resolve, (error) => error instanceof SecretMissing && error.message === vector.expect.error)
      else assertVector(vector, { data: resolve() })
    })
})

describe('the token in a configuration', () => {
  const template = (configTemplate: string, properties: JsonObject = {}) => ({
    configurationSchema: checkPropertySchema({ properties: { url: { type: 'string' }, ...properties } }, 'agent'),
    configTemplate,
    cmdTemplate: 'x',
  })
  const made = (type: ReturnType<typeof template>, data: JsonObject = {}) =>
    configurationText(type, data, new Map(), () => 'T')

  test('is made when the template uses it', () => {
    assert.deepEqual(made(template('{{.agentToken}}')), { text: 'T', agentToken: 'T' })
    assert.deepEqual(made(template('{{if .url}}{{.agentToken}}{{end}}'), { url: '' }), { text: '', agentToken: null })
    assert.deepEqual(made(template('static')), { text: 'static', agentToken: null })
  })

  test('is the property of that name where there is one', () => {
    const type = template('{{.agentToken}}', { agentToken: { type: 'string' } })
    assert.deepEqual(made(type, { agentToken: 'mine' }), { text: 'mine', agentToken: null })
    assert.throws(() => made(type), TemplateError)
  })
})
