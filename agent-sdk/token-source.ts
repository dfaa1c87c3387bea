/** Where the agent's token comes from. */
import { readFile } from 'node:fs/promises'

export type TokenSource = () => Promise<string>

/**
 * A file is read again for each request, so that a new token takes effect without a restart. While the file is missing or empty,
 * because it is just being replaced, the last token is used.
 *
 * @param changed  called with each new token before its first use
 * @throws Error when there is no token at all
 */
export async function openTokenSource(
  { token, tokenFile }: { token?: string | undefined; tokenFile?: string | undefined },
  changed: (token: string) => Promise<void>,
): Promise<TokenSource> {
  if (token && tokenFile) throw new Error('give either a token or a file with it, not both')
  if (token) return async () => token
  if (!tokenFile) throw new Error('the agent needs a token, or a file with it')

  let last = (await readFile(tokenFile, 'utf8')).trim()
  if (last === '') throw new Error(`the token file ${tokenFile} is empty`)
  return async () => {
    const now = (await readFile(tokenFile, 'utf8').catch(() => '')).trim()
    if (now !== '' && now !== last) {
      last = now
      await changed(now)
    }
    return last
  }
}
