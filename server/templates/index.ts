/** Templates of configuration files and commands, in the language of Go's text/template: what the other features use of them. */
export type { Template } from './nodes.ts'
export { parseTemplate } from './parser.ts'
export { render } from './render.ts'
export { TemplateError } from './template-error.ts'
