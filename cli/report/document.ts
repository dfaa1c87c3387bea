/**
 * A report as one HTML file that is complete by itself: no script, no font, no picture from anywhere, ready to be printed or
 * turned into a PDF by any browser.
 */
import { type Html, html } from './html.ts'
import { STYLE } from './style.ts'

export type Section = { title: string; blocks: readonly Html[] }

export type Report = {
  title: string
  subtitle?: string
  /** As it is printed, for example 2026-11-24T12:00:00Z. */
  generatedAt: string
  sections: readonly Section[]
}

/** Whatever a page of ours would load or run would be a mistake: the browser is told so. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/** @returns the text of the file */
export function reportDocument({ title, subtitle, generatedAt, sections }: Report): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Fulcrum">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${subtitle !== undefined && html`<p class="subtitle">${subtitle}</p>`}
<p class="made">Generated <time>${generatedAt}</time></p>
</header>
<main>
${sections.map(
  (section) => html`<section>
<h2>${section.title}</h2>
${section.blocks}
</section>
`,
)}</main>
</body>
</html>
`
  return page.html
}

export function paragraph(text: string): Html {
  return html`<p>${text}</p>
`
}

/** Something to be seen: that something is not known, or must not be overlooked. */
export function notice(text: string, kind: 'info' | 'warning' = 'info'): Html {
  return html`<p class="notice ${kind}" role="note">${text}</p>
`
}

export function bullets(items: readonly string[]): Html {
  return html`<ul>
${items.map(
  (item) => html`<li>${item}</li>
`,
)}</ul>
`
}

/** A few numbers that matter most, large. */
export function keyFigures(figures: readonly { label: string; value: string; detail?: string }[]): Html {
  return html`<dl class="figures">
${figures.map(
  ({ label, value, detail }) => html`<div><dt>${label}</dt><dd>${value}</dd>${
    detail !== undefined && html`<dd class="detail">${detail}</dd>`
  }</div>
`,
)}</dl>
`
}
