/** Pieces of HTML that cannot hold anything of others as markup: text becomes HTML only by being escaped. */
import { printable } from '../output/terminal.ts'

/** Made by the tag `html` alone. */
export type Html = { readonly html: string }

const NONE: Html = { html: '' }

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it may stand between tags and in quoted attributes; control characters are taken out. */
export function escapeHtml(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

type Part = string | number | Html | readonly Html[] | undefined | false

/** Text and numbers are escaped, pieces of HTML stay, `undefined` and `false` are nothing. Attributes must be quoted. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: strings.map((string, index) => string + toText(index < parts.length ? parts[index] : '')).join('') }
}

function toText(part: Part): string {
  if (part === undefined || part === false) return NONE.html
  if (typeof part === 'string') return escapeHtml(part)
  if (typeof part === 'number') return escapeHtml(String(part))
  return isList(part) ? part.map((one) => one.html).join('') : part.html
}

function isList(part: Html | readonly Html[]): part is readonly Html[] {
  return Array.isArray(part)
}
