/** Bars of reports, as SVG inside the page. */
import { type Html, html } from './html.ts'

export type Bar = {
  label: string
  /** 0 or more. */
  value: number
  /** What stands beside the bar; default: the value. */
  text?: string
  warning?: boolean
}

const WIDTH = 640
const LABEL_WIDTH = 190
const TEXT_WIDTH = 110
const ROW_HEIGHT = 22
const BAR_HEIGHT = 14
/** As many characters fit in front of a bar. */
const LABEL_LENGTH = 30

/**
 * One horizontal bar for each value, in the given order.
 *
 * @param title  what is shown, for those who cannot see it
 * @param full  the value of a bar of full length; default: the largest
 */
export function barChart(title: string, bars: readonly Bar[], full?: number): Html {
  if (bars.length === 0)
    return html`<p>There is nothing to show.</p>
`
  const most = full ?? bars.reduce((largest, { value }) => Math.max(largest, value), 0)
  const room = WIDTH - LABEL_WIDTH - TEXT_WIDTH
  const spoken = `${title}: ${bars.map((bar) => `${bar.label} ${textOf(bar)}`).join(', ')}`
  return html`<svg class="bars" role="img" aria-label="${spoken}" viewBox="0 0 ${WIDTH} ${bars.length * ROW_HEIGHT}">
${bars.map((bar, index) => {
  const top = index * ROW_HEIGHT
  const length = most > 0 ? Math.min(room, Math.max(0, (bar.value / most) * room)) : 0
  const middle = top + ROW_HEIGHT / 2 + 4
  return html`<text x="${LABEL_WIDTH - 8}" y="${middle}" text-anchor="end">${shortened(bar.label)}</text>
<rect class="track" x="${LABEL_WIDTH}" y="${top + 4}" width="${room}" height="${BAR_HEIGHT}"/>
<rect class="${bar.warning ? 'warning' : 'bar'}" x="${LABEL_WIDTH}" y="${top + 4}" width="${length.toFixed(1)}" height="${BAR_HEIGHT}"/>
<text x="${LABEL_WIDTH + room + 8}" y="${middle}">${textOf(bar)}</text>
`
})}</svg>
`
}

function textOf({ text, value }: Bar): string {
  return text ?? String(value)
}

function shortened(label: string): string {
  const characters = [...label]
  return characters.length > LABEL_LENGTH ? `${characters.slice(0, LABEL_LENGTH - 1).join('')}…` : label
}
