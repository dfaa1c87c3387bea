/** How reports look, on a screen and on paper. */
import type { Html } from './html.ts'

/** The one piece that is not made by the tag: it is ours, and styles are not escaped. */
export const STYLE: Html = {
  html: `
@page { size: A4; margin: 18mm 16mm 20mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; } }
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 10pt/1.45 system-ui, "Liberation Sans", Arial, sans-serif; color: #1a1f26; background: #fff;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
h1 { font-size: 20pt; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 13pt; margin: 1.6rem 0 .5rem; break-after: avoid; border-bottom: 1px solid #c9d1d9; padding-bottom: .2rem; }
.subtitle { font-size: 12pt; margin: 0 0 .2rem; }
.made { color: #57606a; font-size: 9pt; margin: 0; }
table { border-collapse: collapse; width: 100%; font-size: 9pt; margin: .4rem 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .2rem 0; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem .25rem 0; border-bottom: 1px solid #d8dee4; overflow-wrap: break-word; }
th { border-bottom: 2px solid #57606a; white-space: nowrap; overflow-wrap: normal; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.figures { display: flex; flex-wrap: wrap; gap: .6rem; margin: .6rem 0 1rem; }
.figures div { border: 1px solid #c9d1d9; border-radius: 4px; padding: .5rem .8rem; min-width: 9rem; break-inside: avoid; }
.figures dt { color: #57606a; font-size: 9pt; }
.figures dd { margin: 0; font-size: 15pt; font-weight: 600; }
.figures dd.detail { font-size: 9pt; font-weight: 400; color: #57606a; }
.notice { border-left: 4px solid #0969da; background: #f0f6fc; padding: .5rem .8rem; break-inside: avoid; }
.notice.warning { border-color: #b35900; background: #fff5e8; }
svg.bars { width: 100%; max-width: 640px; height: auto; break-inside: avoid; margin: .4rem 0 1rem; font: 11px system-ui, "Liberation Sans", Arial, sans-serif; }
svg.bars rect { fill: #2f6690; }
svg.bars .track { fill: #e8ecf0; }
svg.bars .warning { fill: #b3541e; }
@media print { body { margin: 0; max-width: none; padding: 0; } }
`,
}
