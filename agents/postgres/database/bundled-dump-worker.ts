/**
 * The thread in which the bundled pg_dump runs. The program waits for the server's answers without giving up its thread, so
 * the connection is held by the thread that started this one: a question goes there as a message, and the
 * thread sleeps until the answer is there.
 */
import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { pgDump } from '@electric-sql/pglite-tools/pg_dump'

export type WorkerInput = { port: MessagePort; wake: SharedArrayBuffer; parameters: string[] }

/** What the worker sends: bytes for the server, then the dump or the reason why there is none. */
export type FromWorker =
  | { kind: 'send'; bytes: Uint8Array }
  | { kind: 'done'; sql: string }
  | { kind: 'failed'; message: string }

// The one who starts this thread gives exactly this.
const { port, wake, parameters } = workerData as WorkerInput
const wakeUps = new Int32Array(wake)
let seen = 0

function exchange(bytes: Uint8Array): Uint8Array {
  // A copy: the bytes lie in the program's memory.
  post({ kind: 'send', bytes: bytes.slice() })
  Atomics.wait(wakeUps, 0, seen)
  seen = Atomics.load(wakeUps, 0)
  const answer: unknown = receiveMessageOnPort(port)?.message
  return answer instanceof Uint8Array ? answer : new Uint8Array()
}

const post = (message: FromWorker) => port.postMessage(message)

/** The package removes lines that begin like psql's \restrict, also from the middle of a text in a row. */
const CUT_LINE = /[\r\n\u2028\u2029]\\(?:un)?restrict\b/i

let damaged = false

/** What the package uses of a PGlite database: the line to a server, and its search path before and after. */
const line = {
  execProtocolRawStream(bytes: Uint8Array, { onRawData }: { onRawData: (bytes: Uint8Array) => void }) {
    const answer = exchange(bytes)
    if (CUT_LINE.test(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength).toString('utf8'))) damaged = true
    if (answer.length > 0) onRawData(answer)
  },
  query: async () => ({ rows: [{ search_path: '' }] }),
  exec: async () => [],
}

try {
  // The package asks for all of PGlite and uses these three functions.
  const file = await pgDump({ pg: line as unknown as Parameters<typeof pgDump>[0]['pg'], args: parameters })
  if (damaged)
    throw new Error('a text in the database has a line that begins with \\restrict, which this program would drop')
  post({ kind: 'done', sql: await file.text() })
} catch (error) {
  post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
}
