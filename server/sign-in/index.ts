/** Sign-in by OIDC: what the assembly of the server uses of it. */
export { openSignIn } from './authentication.ts'
export { firstOf } from './authenticators.ts'
export { IssuerError } from './issuer.ts'
