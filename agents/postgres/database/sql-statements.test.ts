import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitStatements } from './sql-statements.ts'

const cases: [string, string, string[]][] = [
  ['literals', `SELECT ';''', ''''; SELECT E'\\';';`, [`SELECT ';''', ''''`, `SELECT E'\\';'`]],
  ['literals in which a backslash is nothing', `SELECT '\\'; SELECT 2;`, [`SELECT '\\'`, 'SELECT 2']],
  ['a name that ends with e', `SELECT type'\\'; SELECT 2;`, [`SELECT type'\\'`, 'SELECT 2']],
  ['quoted names', `SELECT "a;""b'";SELECT 2;`, [`SELECT "a;""b'"`, 'SELECT 2']],
  [
    'dollar quotes',
    'DO $$ ; $a$ ; $$; DO $a$ ; $$ $a$; SELECT $1;',
    ['DO $$ ; $a$ ; $$', 'DO $a$ ; $$ $a$', 'SELECT $1'],
  ],
  ['dollars in names', 'SELECT a$b$; SELECT c$b$;', ['SELECT a$b$', 'SELECT c$b$']],
  [
    'comments',
    `-- a; '\nSELECT 1; /* ; /* ' */ ; */ SELECT 2; -- end`,
    [`-- a; '\nSELECT 1`, `/* ; /* ' */ ; */ SELECT 2`],
  ],
  [
    'rules',
    'CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);',
    ['CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)'],
  ],
  [
    'bodies of routines',
    'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END; BEGIN; END;',
    ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END', 'BEGIN', 'END'],
  ],
  [
    "psql's commands",
    `\\restrict abc;'\nSELECT 1;\n\\unrestrict abc;'\n`,
    [`\\restrict abc;'`, 'SELECT 1', `\\unrestrict abc;'`],
  ],
  ['empty statements', ';; -- x\n ; SELECT 1;', ['SELECT 1']],
]

for (const [what, text, statements] of cases)
  test(`splits around ${what}`, () => {
    assert.deepEqual(splitStatements(`${text}\n`).statements, statements)
  })

test('cut anywhere, the parts give the same statements', () => {
  const all = `${cases.map(([, text]) => text).join('\n')}\n`
  const whole = splitStatements(all).statements
  fc.assert(
    fc.property(fc.array(fc.nat(all.length), { maxLength: 6 }), (places) => {
      const cuts = [0, ...places.toSorted((a, b) => a - b), all.length]
      let rest = ''
      const found: string[] = []
      for (let n = 1; n < cuts.length; n++) {
        const split = splitStatements(rest + all.slice(cuts[n - 1], cuts[n]))
        found.push(...split.statements)
        rest = split.rest
      }
      assert.deepEqual(found, whole)
    }),
  )
})

test('keeps what is unfinished', () => {
  for (const text of [`SELECT 'a`, 'SELECT "a;', 'DO $$ ;', '/* ;', 'SELECT (1;', `SELECT 'a''`])
    assert.deepEqual(splitStatements(text), { statements: [], rest: text })
})

test('a literal of ten million characters is no burden', () => {
  const { statements } = splitStatements(`SELECT '${"x''".repeat(5_000_000)}';\n`)
  assert.equal(statements.length, 1)
})
