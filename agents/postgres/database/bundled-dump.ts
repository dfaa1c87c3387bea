/** pg_dump as WebAssembly, for machines without PostgreSQL's programs: it writes SQL with INSERT statements. */
import { connect, type Socket } from 'node:net'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { FromWorker, WorkerInput } from './bundled-dump-worker.ts'
import type { Target } from './provider.ts'
import { DatabaseRefusal } from './refusal.ts'
import { type Expected, expectedAnswer, isComplete } from './wire.ts'

/** The dump is held in memory several times over; a bigger database needs PostgreSQL's own programs. In bytes. */
export const BUNDLED_DUMP_LIMIT_BYTES = 256 * 1024 * 1024

/**
 * Dumps a database as SQL.
 *
 * @param parameters  of pg_dump; `--inserts` is always among them
 * @throws DatabaseRefusal `unsupported` for a connection with TLS, which the program has not
 * @throws Error with pg_dump's reason
 */
export async function bundledDump(target: Target, parameters: readonly string[], signal: AbortSignal): Promise<string> {
  if (target.ssl)
    throw new DatabaseRefusal('unsupported', 'over TLS a dump needs the programs pg_dump and pg_restore of PostgreSQL')
  signal.throwIfAborted()
  const socket = await connected(target)
  const { port1: port, port2 } = new MessageChannel()
  const wake = new SharedArrayBuffer(4)
  const workerData: WorkerInput = { port: port2, wake, parameters: [...parameters, `--dbname=${conninfo(target)}`] }
  const worker = new Worker(new URL('./bundled-dump-worker.ts', import.meta.url), {
    workerData,
    transferList: [port2],
    env: {},
    stdout: true,
    stderr: true,
  })
  const answers = answering(socket)
  const answer = (bytes: Buffer) => {
    port.postMessage(new Uint8Array(bytes))
    Atomics.add(new Int32Array(wake), 0, 1)
    Atomics.notify(new Int32Array(wake), 0)
  }
  try {
    return await new Promise<string>((resolve, reject) => {
      const abort = () => reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      worker.on('error', reject)
      // The other side sends nothing else.
      const receive = (message: FromWorker) => {
        if (message.kind === 'send') answers.ask(Buffer.from(message.bytes)).then(answer, reject)
        else if (message.kind === 'done') resolve(message.sql)
        else reject(new Error(message.message))
      }
      port.on('message', receive)
      worker.on('exit', (code) => {
        // The thread's end may be told before its last message, which is a long one.
        for (let left = receiveMessageOnPort(port); left; left = receiveMessageOnPort(port)) receive(left.message)
        reject(new Error(`the dump ended with ${code} and without a result`))
      })
    })
  } finally {
    socket.destroy()
    port.close()
    await worker.terminate()
  }
}

/** Sends questions one after the other and gathers the answer of each. */
function answering(socket: Socket): { ask(bytes: Buffer): Promise<Buffer> } {
  let started = false
  let waiting: {
    expected: Expected
    chunks: Buffer[]
    resolve(bytes: Buffer): void
    reject(error: Error): void
  } | null = null
  const fail = (error: Error) => waiting?.reject(error)
  socket.on('error', fail)
  socket.on('close', () => fail(new Error('the server closed the connection')))
  socket.on('data', (chunk) => {
    if (!waiting) return
    waiting.chunks.push(chunk)
    const bytes = Buffer.concat(waiting.chunks)
    waiting.chunks = [bytes]
    if (!isComplete(bytes, waiting.expected)) return
    waiting.resolve(bytes)
    waiting = null
  })
  return {
    ask(bytes) {
      const expected = expectedAnswer(bytes, started)
      started = true
      socket.write(bytes)
      if (expected === 'none') return Promise.resolve(Buffer.alloc(0))
      return new Promise((resolve, reject) => {
        waiting = { expected, chunks: [], resolve, reject }
      })
    },
  }
}

function connected(target: Target): Promise<Socket> {
  const socket = target.host.startsWith('/')
    ? connect(`${target.host}/.s.PGSQL.${target.port}`)
    : connect({ host: target.host, port: target.port, noDelay: true })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

/** The program's own connection is the line; host and port name nothing. The last --dbname wins over its user. */
function conninfo(target: Target): string {
  const quoted = (value: string) => `'${value.replaceAll(/[\\']/g, '\\$&')}'`
  const { database, user, password } = target
  return `dbname=${quoted(database)} user=${quoted(user)} password=${quoted(password)} sslmode=disable gssencmode=disable`
}
