/** Reports: complete by themselves, safe with text of others, and readable by a browser and on paper. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { barChart } from './bar-chart.ts'
import { bullets, keyFigures, notice, paragraph, reportDocument } from './document.ts'
import { escapeHtml } from './html.ts'
import { reportTable } from './table.ts'

const CHROMIUM = '/usr/bin/chromium'
const skip = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`
const EVIL = `<script>alert("x")</script>&'</style>`

let directory: string
before(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'fulcrum-report-'))
})
after(async () => await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }))

const sample = (name: string, rows = 3) =>
  reportDocument({
    title: `Exposure of ${name}`,
    subtitle: name,
    generatedAt: '2026-11-24T12:00:00Z',
    sections: [
      {
        title: name,
        blocks: [
          paragraph(name),
          notice(name, 'warning'),
          keyFigures([{ label: name, value: name, detail: name }]),
          barChart(name, [{ label: name, value: 3, text: name, warning: true }]),
          bullets([name]),
          reportTable(
            [name, { title: 'Spend', number: true }],
            Array.from({ length: rows }, (_, index) => [`${name} ${index}`, '1,234']),
            { caption: name },
          ),
        ],
      },
    ],
  })

test('text of others never becomes markup', () => {
  const text = sample(EVIL)
  assert.ok(!text.includes('<script') && text.includes('&lt;script&gt;'))
  assert.equal(text.match(/<\/style>/g)?.length, 1)
  assert.equal(escapeHtml('a\u202eb\u0000c "q"'), 'abc &quot;q&quot;')
})

test('a report loads nothing and runs nothing', () => {
  const text = sample('hospital')
  assert.ok(!/\bhttps?:|\bsrc=|\bhref=|@import|url\(|<script|<link|\son\w+=/i.test(text))
  assert.match(text, /default-src &#39;none&#39;/)
  assert.match(text, /@page \{ size: A4/)
})

test('bars have the length of their share, and none is longer than full', () => {
  const { html } = barChart(
    'shares',
    [
      { label: 'a', value: 1 },
      { label: 'b', value: 4 },
      { label: 'c', value: 0 },
    ],
    2,
  )
  const widths = [...html.matchAll(/class="bar"[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width))
  assert.deepEqual(widths, [170, 340, 0])
  assert.match(html, /aria-label="shares: a 1, b 4, c 0"/)
  assert.match(barChart('none', []).html, /nothing to show/)
})

test('long words of tables may be broken at their seams, and hold no markup either', () => {
  const { html } = reportTable(
    ['A'],
    [['NO_EXPORT_BEFORE_CUTOFF_AND_NO_VAULT_COPY'], ['a short-word'], ['<b>'.repeat(12)]],
  )
  assert.match(
    html,
    /<td class="text">NO_<wbr>EXPORT_<wbr>BEFORE_<wbr>CUTOFF_<wbr>AND_<wbr>NO_<wbr>VAULT_<wbr>COPY<\/td>/,
  )
  assert.match(html, />a short-word</)
  assert.ok(!html.includes('<b>') && html.includes('&lt;b&gt;&lt;b&gt;'))
})

test('a table without rows is a sentence', () => {
  assert.equal(reportTable(['A'], [], { empty: 'Nobody is hit.' }).html, '<p>Nobody is hit.</p>\n')
})

const chromium = (...args: string[]) =>
  promisify(execFile)(
    CHROMIUM,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      `--user-data-dir=${path.join(directory, 'profile')}`,
      '--host-resolver-rules=MAP * ~NOTFOUND',
      ...args,
    ],
    { maxBuffer: 64 * 2 ** 20, timeout: 120_000 },
  )

test('a browser renders it, and nothing in it runs', { skip }, async () => {
  const file = path.join(directory, 'report.html')
  await writeFile(file, sample('<img src=x onerror=document.title="run">'))
  const { stdout } = await chromium('--dump-dom', pathToFileURL(file).href)
  assert.match(stdout, /<td class="number">1,234<\/td>/)
  assert.match(stdout, /<title>Exposure of &lt;img/)
  assert.ok(!stdout.includes('<img'))
})

test('it prints to PDF over several pages', { skip }, async () => {
  const [file, pdf] = [path.join(directory, 'long.html'), path.join(directory, 'long.pdf')]
  await writeFile(file, sample('hospital', 120))
  await chromium('--no-pdf-header-footer', `--print-to-pdf=${pdf}`, pathToFileURL(file).href)
  const bytes = await readFile(pdf)
  assert.equal(bytes.subarray(0, 5).toString('latin1'), '%PDF-')
  const pages = bytes.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
  assert.ok(pages >= 3, `${pages} pages`)
})
