/** Any text as a template and any data: a result or a TemplateError, in bounded time and size. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@fulcrum/schema'
import fc from 'fast-check'
import { parseTemplate, render, TemplateError } from './index.ts'

/** Work is bounded so that one takes less than a second; machines of tests are busy. */
const BOUND_MS = 5_000
const MOST_CHARACTERS = 512 * 1024

const word = fc.constantFrom(
  ...['{{', '}}', '{{-', '-}}', '/*', '*/', '(', ')', '|', ':=', '=', ',', '.', '.a', '.a.b', '$', '$x', '$y.b'],
  ...['if', 'else', 'else if', 'end', 'range', 'with', 'define "t"', 'template "t"', 'template "t" .', 'block "t" .'],
  ...['break', 'continue', 'nil', 'true', '0', '-1', '1e9', '0x7fffffff', "'a'", '"s"', '"%999d"', '`raw`', '"\\xff"'],
  ...['and', 'or', 'not', 'len', 'index', 'slice', 'print', 'printf', 'println', 'html', 'js', 'urlquery', 'eq', 'lt'],
  ...['call', 'nothing', '\n', ' ', '\0', '\ud800', '💥', 'toString', '.constructor', '.__proto__'],
)
const words = fc.array(word, { maxLength: 40 }).map((parts) => parts.join(' '))
/** Whole actions, so that more of it can be rendered. */
const body = fc.constantFrom(
  ...['{{.}}', '{{.a}}', '{{.a.b}}', '{{$}}', 'text', '{{len .}}', '{{index . 0}}', '{{printf "%v %q %x" . . .}}'],
  ...['{{$x := .a}}{{$x}}', '{{html .}}', '{{js .}}', '{{urlquery .}}', '{{slice . 0 1}}', '{{print . . . .}}'],
  ...['{{break}}', '{{template "t" .}}', '{{eq . "s"}}', '{{lt 1 .}}', '{{printf "%1000d" 1}}'],
)
const { actions } = fc.letrec<{ actions: string }>((tie) => ({
  actions: fc.oneof(
    { maxDepth: 6 },
    body,
    fc.tuple(tie('actions'), tie('actions')).map(([a, b]) => a + b),
    tie('actions').map((inside) => `{{range 1000000}}${inside}{{end}}`),
    tie('actions').map((inside) => `{{range $k, $v := .}}${inside}{{else}}none{{end}}`),
    tie('actions').map((inside) => `{{with .a}}${inside}{{end}}`),
    tie('actions').map((inside) => `{{if .}}${inside}{{else}}${inside}{{end}}`),
    tie('actions').map((inside) => `{{block "t" .}}${inside}{{end}}`),
  ),
}))
const text = fc.oneof(words, actions, fc.string({ unit: 'binary', maxLength: 60 }))
const data = fc.oneof(
  fc.constantFrom<Json>(null, 0, 1e300, 's', [], {}, { a: { b: [1, 2] } }, { a: 'x'.repeat(10_000) }),
  fc.json({ maxDepth: 3 }).map((json): Json => JSON.parse(json)),
)

test('a template gives a result or an error of its own, whatever it is and whatever it is given', () => {
  let rendered = 0
  fc.assert(
    fc.property(text, data, (template, value) => {
      const start = performance.now()
      try {
        const result = render(parseTemplate('t', template), value)
        assert.ok(result.length <= MOST_CHARACTERS, `${result.length} characters`)
        rendered++
      } catch (error) {
        assert.ok(error instanceof TemplateError, error instanceof Error ? error.stack : String(error))
      }
      const tookMs = performance.now() - start
      assert.ok(tookMs < BOUND_MS, `${tookMs} ms`)
    }),
    { numRuns: 1_500, interruptAfterTimeLimit: 8_000 },
  )
  assert.ok(rendered > 100, `only ${rendered} were rendered`)
})

test('what is deep or long is no harm either', () => {
  const hostile = [
    '('.repeat(100_000),
    `{{${'('.repeat(50_000)}1${')'.repeat(50_000)}}}`,
    `${'{{if true}}'.repeat(20_000)}x${'{{end}}'.repeat(20_000)}`,
    `${'{{if true}}'.repeat(20_000)}`,
    `{{if true}}${'{{else if true}}'.repeat(20_000)}{{end}}`,
    '{{'.repeat(200_000),
    `{{/*${'*'.repeat(500_000)}`,
    `{{"${'\\"'.repeat(200_000)}`,
    `{{${' '.repeat(500_000)}`,
    `{{1${' |print'.repeat(50_000)}}}`,
    `{{.${'a.'.repeat(50_000)}a}}`,
    '{{printf "%1000d%1000d%1000d" 1 2 3}}'.repeat(10_000),
    '{{define "t"}}{{template "t" .}}{{template "t" .}}{{end}}{{template "t" .}}',
    '{{range 1000000000}}{{range 1000000000}}{{end}}{{end}}',
  ]
  for (const template of hostile) {
    const start = performance.now()
    try {
      render(parseTemplate('t', template), {})
    } catch (error) {
      assert.ok(error instanceof TemplateError, `${template.slice(0, 40)}: ${error}`)
    }
    assert.ok(performance.now() - start < BOUND_MS, `${template.slice(0, 40)}: ${performance.now() - start} ms`)
  }
})
