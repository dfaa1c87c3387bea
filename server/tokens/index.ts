/** Tokens: what the other features use of them. */
export { createAuthentication } from './authentication.ts'
export { bootstrapAdminToken } from './bootstrap.ts'
export { rememberIdentities } from './identity-memory.ts'
export { hashToken, newTokenValue } from './token.ts'
export { tokenRoutes } from './token-routes.ts'
export { deleteExpiredTokens, deleteToken, insertToken } from './token-store.ts'
