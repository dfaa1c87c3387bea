/** For tests of agents: a server in memory, and a way to run one handler without any server. */
export { type HandlerRun, runHandler } from './testing/run-handler.ts'
export { type Fault, type SeenRequest, startTestServer, type TestServer } from './testing/server.ts'
export { aJob, anAgent, aService } from './testing/shapes.ts'
