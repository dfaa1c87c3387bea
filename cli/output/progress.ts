/**
 * What is going on while a command waits: one moving line at a terminal, otherwise a plain line for each change. A spinner of
 * a prompt library would take over Ctrl-C, which has its own meaning here.
 */
import { age } from './format.ts'
import { printable } from './terminal.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100

export type Progress = {
  /** The present state in one line, and since when it holds (a time as in answers). */
  show(line: string, since: string): void
  /** Something that stays, for example a reason. */
  say(line: string): void
  /** Clears the moving line. */
  end(): void
}

export function startProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? moving(stream) : plain(stream)
}

function plain(stream: NodeJS.WriteStream): Progress {
  let last = ''
  const say = (line: string) => stream.write(`${printable(line)}\n`)
  const show = (line: string, since: string) => {
    if (line !== last) say(`${line} since ${since}`)
    last = line
  }
  return { show, say, end: () => {} }
}

function moving(stream: NodeJS.WriteStream): Progress {
  let state = { line: '', since: '' }
  let frame = 0
  const clear = () => stream.write('\r\u001b[2K')
  const draw = () => {
    if (state.line === '') return
    const text = printable(`${FRAMES[frame++ % FRAMES.length]} ${state.line} since ${age(state.since)}`)
    stream.write(`\r\u001b[2K${text.slice(0, (stream.columns || 80) - 1)}`)
  }
  const timer = setInterval(draw, FRAME_MS)
  return {
    show(line, since) {
      state = { line, since }
    },
    say(text) {
      clear()
      stream.write(`${printable(text)}\n`)
    },
    end() {
      clearInterval(timer)
      clear()
    },
  }
}
