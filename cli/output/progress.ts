/**
 * What is going on while a command waits: one moving line at a terminal, otherwise a plain line for each change. A spinner of
 * a prompt library would take over Ctrl-C, which has its own meaning here.
 */
import { printable } from './terminal.ts'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100

export type Progress = {
  /** The present state in one line. */
  show(line: string): void
  /** Something that stays, for example a reason. */
  say(line: string): void
  /** Clears the moving line. */
  end(): void
}

/** @param elapsed  appended to the moving line, for example the time waited so far */
export function startProgress(elapsed: () => string, stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? moving(elapsed, stream) : plain(stream)
}

function plain(stream: NodeJS.WriteStream): Progress {
  let last = ''
  const say = (line: string) => {
    if (line === last) return
    last = line
    stream.write(`${printable(line)}\n`)
  }
  return { show: say, say, end: () => {} }
}

function moving(elapsed: () => string, stream: NodeJS.WriteStream): Progress {
  let line = ''
  let frame = 0
  const clear = () => stream.write('\r\u001b[2K')
  const draw = () => {
    const text = printable(`${FRAMES[frame++ % FRAMES.length]} ${line} ${elapsed()}`)
    stream.write(`\r\u001b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`)
  }
  const timer = setInterval(draw, FRAME_MS)
  return {
    show(text) {
      line = text
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
