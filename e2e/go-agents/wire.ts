/**
 * HTTP/1.1 as bytes on a socket: what is sent stands in the source, header by header, and nothing is added. One connection at a
 * time, kept alive between requests as Go's transport and Guzzle do.
 */
import net from 'node:net'

export type RawAnswer = {
  status: number
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>
  body: string
}

/** The agents' own limit for an answer. */
const ANSWER_MS = 30_000

export class Wire {
  /** How many connections were opened so far. */
  connections = 0
  readonly #port: number
  #socket: net.Socket | null = null
  #received: Buffer = Buffer.alloc(0)
  #more: (() => void) | null = null

  constructor(url: string) {
    this.#port = Number(new URL(url).port)
  }

  /** What agents write after `Host:`. */
  get host(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** Sends these bytes and reads one answer. */
  async send(request: string): Promise<RawAnswer> {
    this.write(request)
    return this.read()
  }

  write(bytes: string): void {
    this.#open().write(bytes)
  }

  /** @throws Error when the connection ends or nothing comes in time: also when the bytes are no HTTP */
  async read(): Promise<RawAnswer> {
    const head = await this.#until((bytes) => bytes.indexOf('\r\n\r\n'))
    const lines = this.#take(head + 4).split('\r\n')
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(lines[0] ?? '')?.[1]
    if (status === undefined) throw new Error(`no status line: ${lines[0]}`)
    const headers = new Map(
      lines.slice(1, -2).map((line): [string, string] => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    const body = await this.#body(Number(status), headers)
    if (headers.get('connection') === 'close') this.close()
    return { status: Number(status), headers, body }
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = null
    this.#received = Buffer.alloc(0)
  }

  #open(): net.Socket {
    if (this.#socket && !this.#socket.destroyed) return this.#socket
    this.connections++
    const socket = net.connect({ host: '127.0.0.1', port: this.#port, noDelay: true })
    socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes])
      this.#more?.()
    })
    socket.on('error', () => {})
    socket.on('close', () => this.#more?.())
    this.#socket = socket
    return socket
  }

  async #body(status: number, headers: ReadonlyMap<string, string>): Promise<string> {
    if (status === 204 || status === 304) return ''
    if (headers.has('content-encoding')) throw new Error('the answer is compressed; no agent needs that')
    const length = headers.get('content-length')
    if (length !== undefined) {
      await this.#until((bytes) => (bytes.length >= Number(length) ? 0 : -1))
      return this.#take(Number(length))
    }
    if (headers.get('transfer-encoding') !== 'chunked') throw new Error('an answer of unknown length')
    for (let body = ''; ; ) {
      const end = await this.#until((bytes) => bytes.indexOf('\r\n'))
      const size = Number.parseInt(this.#take(end + 2), 16)
      await this.#until((bytes) => (bytes.length >= size + 2 ? 0 : -1))
      body += this.#take(size)
      this.#take(2)
      if (size === 0) return body
    }
  }

  /** Waits until `find` answers a place in what was received. */
  async #until(find: (bytes: Buffer) => number): Promise<number> {
    const end = performance.now() + ANSWER_MS
    for (;;) {
      const place = find(this.#received)
      if (place >= 0) return place
      if (!this.#socket || this.#socket.destroyed) throw new Error('the server closed the connection')
      const left = end - performance.now()
      if (left <= 0) throw new Error(`no answer within ${ANSWER_MS / 1_000} s`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#more = resolve
      const timer = setTimeout(resolve, left)
      await promise
      clearTimeout(timer)
    }
  }

  #take(count: number): string {
    const text = this.#received.subarray(0, count).toString('utf8')
    this.#received = this.#received.subarray(count)
    return text
  }
}
