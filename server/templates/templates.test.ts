/** Templates: the language, its errors, and that nothing in it can hold up the server. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Json } from '@fulcrum/schema'
import { parseTemplate, render, TemplateError } from './index.ts'

const text = (template: string, data: Json = {}) => render(parseTemplate('t', template), data)

const RENDERED: readonly [template: string, data: Json, wanted: string][] = [
  ['', {}, ''],
  ['a}}b', {}, 'a}}b'],
  ['{{.}}', 'x', 'x'],
  ['{{.a.b.c}}', { a: { b: { c: 1 } } }, '1'],
  ['{{(.a).b}}', { a: { b: 2 } }, '2'],
  ['{{if .a}}1{{else if .b}}2{{else}}3{{end}}', { a: 0, b: [0] }, '2'],
  ['{{if .a}}1{{else if .b}}2{{else}}3{{end}}', { a: '', b: {} }, '3'],
  ['{{if $x := .a}}{{$x}}{{else}}no {{$x}}{{end}}', { a: 0 }, 'no 0'],
  ['{{with .a}}{{.b}}{{$.c}}{{end}}', { a: { b: 1 }, c: 2 }, '12'],
  ['{{with .a}}x{{else with .b}}{{.}}{{else}}z{{end}}', { a: '', b: 'y' }, 'y'],
  ['{{range .}}{{.}},{{end}}', [1, 2], '1,2,'],
  ['{{range $x := .}}{{$x}}{{end}}', ['a', 'b'], 'ab'],
  ['{{range $i, $x := .}}{{$i}}{{$x}}{{end}}', ['a', 'b'], '0a1b'],
  ['{{range $i := 3}}{{$i}}{{end}}', {}, '012'],
  ['{{range .n}}x{{else}}none{{end}}', { n: null }, 'none'],
  ['{{range .}}{{if eq . 2}}{{continue}}{{end}}{{if eq . 4}}{{break}}{{end}}{{.}}{{end}}', [1, 2, 3, 4, 5], '13'],
  ['{{$n := 0}}{{range .}}{{$n = .}}{{end}}{{$n}}', [1, 2], '2'],
  ['{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}', {}, '21'],
  ['{{define "t"}}[{{.}}{{$}}]{{end}}{{template "t" .a}}{{template "t"}}', { a: 'x' }, '[xx][<no value><no value>]'],
  ['{{block "b" .a}}({{.}}){{end}}{{template "b" "y"}}', { a: 'x' }, '(x)(y)'],
  ['a \n {{- /* no */ -}} \n b', {}, 'ab'],
  ['a {{/* {{no}} */}} b', {}, 'a  b'],
  ['{{ .a | printf "%s-%s" "x" | len }}', { a: 'yz' }, '4'],
  ['{{"a\\tb\\u00e9\\x41\\101"}}{{`c\\d`}}{{\'e\'}}', {}, 'a\tbéAAc\\d101'],
  ['{{-3}} {{0x1f}} {{1_000}} {{.5}} {{1e3}} {{017}}', {}, '-3 31 1000 0.5 1000 15'],
  ['{{true}} {{false}} {{not nil}}', {}, 'true false true'],
  ['{{10000000}} {{.a}} {{.b}} {{.c}}', { a: 1234567.5, b: 1e-7, c: 1e21 }, '10000000 1234567.5 1e-07 1e+21'],
  ['{{.}}', [1.5, null, { b: [true], a: 'x' }], '[1.5 <nil> map[a:x b:[true]]]'],
  [
    '{{eq .a 1 2}} {{ne .a 1}} {{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1 2}}',
    { a: 2 },
    'true true true true true false',
  ],
  ['{{eq .port "5432"}} {{eq .port 5432}}', { port: 5432 }, 'true true'],
  ['{{eq .a nil}} {{eq "" .b}}', { a: null, b: '' }, 'true true'],
  ['{{and 1 0 (index .none 1)}} {{or 0 "x" (index .none 1)}}', { none: null }, '0 x'],
  ['{{0 | and 1}} {{0 | or 0}}', {}, '0 0'],
  ['{{len "é"}} {{len .l}} {{len .o}}', { l: [1], o: { a: 1, b: 2 } }, '2 1 2'],
  ['{{index .l 1}} {{index .o "a" 0}} {{index .o "none"}}', { l: [1, 2], o: { a: ['x'] } }, '2 x <no value>'],
  ['{{slice "abcdef" 1 3}} {{slice .l 1}}', { l: [1, 2, 3] }, 'bc [2 3]'],
  ['{{print 1 2 "a" "b" 3}}|{{println "a" 1}}', {}, '1 2ab3|a 1\n'],
  ['{{html "\\"<>" }} {{js "a=\\n"}} {{urlquery "a b" "/é!"}}', {}, '&#34;&lt;&gt; a\\u003D\\u000A a+b%2F%C3%A9%21'],
  [
    '{{printf "%5d|%-5d|%05d|%+d|%x|%X|%#x|%b|%o|%c|%U" 42 42 -42 42 255 255 255 5 8 65 65}}',
    {},
    '   42|42   |-0042|+42|ff|FF|0xff|101|10|A|U+0041',
  ],
  ['{{printf "%f|%.2f|%e|%g|%8.1f" 1.5 2 1500.0 1e6 3.14}}', {}, '1.500000|2.00|1.500000e+03|1e+06|     3.1'],
  [
    '{{printf "%s|%10s|%-4s|%.2s|%q|%x" "abc" "abc" "a" "abc" "a\\"b" "hi"}}',
    {},
    'abc|       abc|a   |ab|"a\\"b"|6869',
  ],
  ['{{printf "%v %t %T %T %d%%" .a true .a 1 50}}', { a: ['x', 1] }, '[x 1] true []interface {} int 50%'],
  ['{{printf "%[2]s %[1]s" "a" "b"}}', {}, 'b a'],
  [
    '{{printf "%d %s" "a"}} {{printf "%s" "a" 1}} {{printf "%d" 1.5}}',
    {},
    '%!d(string=a) %!s(MISSING) a%!(EXTRA int=1) %!d(float64=1.5)',
  ],
  ['{{printf "%s" .n}} {{printf "%q" .n}}', { n: 30 }, '30 "30"'],
]

describe('a template', () => {
  for (const [template, data, wanted] of RENDERED)
    test(`${template} with ${JSON.stringify(data)} becomes ${JSON.stringify(wanted)}`, () =>
      assert.equal(text(template, data), wanted))
})

const REFUSED: readonly [template: string, message: string][] = [
  ['{{', 'template: t:1: unclosed action'],
  ['a\n{{.a', 'template: t:2: unclosed action'],
  ['{{/* a', 'template: t:1: unclosed comment'],
  ['{{.a-b}}', "template: t:1: bad character U+002D '-'"],
  ['{{"a}}', 'template: t:1: unterminated quoted string'],
  ['{{(.a}}', 'template: t:1: unclosed left paren'],
  ['{{.a)}}', 'template: t:1: unexpected right paren'],
  ['{{if .a}}', 'template: t:1: unexpected EOF'],
  ['{{end}}', 'template: t:1: unexpected {{end}}'],
  ['{{else}}', 'template: t:1: unexpected {{else}}'],
  ['{{if}}{{end}}', 'template: t:1: missing value for if'],
  ['{{}}', 'template: t:1: missing value for command'],
  ['{{$x}}', 'template: t:1: undefined variable "$x"'],
  ['{{$x = 1}}', 'template: t:1: undefined variable "$x"'],
  ['{{if true}}{{$x := 1}}{{end}}{{$x}}', 'template: t:1: undefined variable "$x"'],
  ['{{nope 1}}', 'template: t:1: function "nope" not defined'],
  ['{{.a | 1}}', 'template: t:1: non executable command in pipeline stage 2'],
  ['{{nil}}', 'template: t:1: nil is not a command'],
  ['{{break}}', 'template: t:1: {{break}} outside {{range}}'],
  ['{{if .a}}{{define "x"}}{{end}}{{end}}', 'template: t:1: unexpected {{define}}'],
]

const FAILING: readonly [template: string, message: string][] = [
  ['{{.a.b}}', 'template: t:1:4: executing "t" at <.a.b>: can\'t evaluate field b in type interface {}'],
  ['x\n{{.n.b}}', 'template: t:2:4: executing "t" at <.n.b>: nil pointer evaluating interface {}.b'],
  ['{{index .l 5}}', 'template: t:1:2: executing "t" at <index .l 5>: error calling index: index out of range: 5'],
  [
    '{{lt 1 "a"}}',
    'template: t:1:2: executing "t" at <lt 1 "a">: error calling lt: incompatible types for comparison: int and string',
  ],
  ['{{eq .l 1}}', 'template: t:1:2: executing "t" at <eq .l 1>: error calling eq: non-comparable type'],
  ['{{.a 1}}', 'template: t:1:2: executing "t" at <.a>: can\'t give argument to non-function .a'],
  ['{{range .a}}{{end}}', 'template: t:1:8: executing "t" at <.a>: range can\'t iterate over string'],
  ['{{template "x"}}', 'template: t:1:2: executing "t" at <template "x">: template "x" not defined'],
  ['{{not}}', 'template: t:1:2: executing "t" at <not>: wrong number of args for not: want 1 got 0'],
]

describe('a broken template', () => {
  for (const [template, message] of REFUSED)
    test(`${JSON.stringify(template)} is refused when it is parsed`, () =>
      assert.throws(() => parseTemplate('t', template), new TemplateError(message)))

  for (const [template, message] of FAILING)
    test(`${JSON.stringify(template)} fails when it is rendered, without a word of the data`, () =>
      assert.throws(() => text(template, { a: 'secret', n: null, l: [1] }), new TemplateError(message)))

  test('says which property the data does not have', () => {
    for (const template of ['{{.x}}', '{{if .x}}{{end}}', '{{.o.x}}', '{{$.x}}', '{{len .x}}', '{{.o.__proto__.x}}'])
      assert.throws(
        () => text(template, { o: {} }),
        (error) => error instanceof TemplateError && ['x', '__proto__'].includes(error.unknownProperty ?? ''),
        template,
      )
  })
})

describe('no template holds up the server:', () => {
  const nested = (depth: number) => `${'{{if true}}'.repeat(depth)}${'{{end}}'.repeat(depth)}`
  const doubling = `{{$x := "aaaaaaaaaa"}}{{range 10000}}{{$x = print $x $x}}{{end}}`
  const hostile: readonly [what: string, template: string][] = [
    ['a loop without end', '{{range 1000000000}}{{end}}'],
    ['loops in loops', `${'{{range 1000}}'.repeat(6)}{{end}}${'{{end}}'.repeat(5)}`],
    ['a template that calls itself', '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}'],
    ['a template that calls itself twice', '{{define "a"}}{{template "a"}}{{template "a"}}{{end}}{{template "a"}}'],
    ['a text that doubles', doubling],
    ['work on a long text again and again', `${doubling.replace('10000', '14')}{{range 100000}}{{$x := js $x}}{{end}}`],
    ['more output than a file', `{{range 100000}}${'x'.repeat(1000)}{{end}}`],
    ['wide fields', `{{range 100000}}{{printf "%1000d" 1}}{{end}}`],
    ['deep blocks', nested(101)],
    ['deep parentheses', `{{${'('.repeat(200)}1${')'.repeat(200)}}}`],
    ['many else ifs', `{{if false}}${'{{else if false}}'.repeat(3000)}{{end}}`],
    ['a long text', 'x'.repeat(64 * 1024 + 1)],
    ['white space', `{{1${' '.repeat(60_000)}`],
    ['white space before an action', `${' '.repeat(60_000)}x{{- 1 }}{{`],
    ['open quotes', `{{${'"\\"'.repeat(15_000)}`],
    ['digits', `{{${'1'.repeat(60_000)}x}}`],
  ]
  for (const [what, template] of hostile)
    test(what, () => {
      const start = performance.now()
      assert.throws(() => text(template), TemplateError)
      assert.ok(performance.now() - start < 5_000)
    })

  test('a hundred blocks in each other are as many as there may be', () => assert.equal(text(nested(100)), ''))

  test('a wide field is refused as Go refuses it', () =>
    assert.equal(text('{{printf "%100000000d" 1}}'), '%!(BADWIDTH)%!(EXTRA int=1)'))
})
