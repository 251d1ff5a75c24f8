/** The path of a request's target, without the query, nor the credentials that a whole URL may hold; `*` for one that has none. */
export function pathOf(target: string): string {
  if (target.startsWith('/')) return target.replace(/\?.*/s, '')
  // The host and port of CONNECT look like a URL, with the host for its scheme.
  return target.includes('://') && URL.canParse(target) ? new URL(target).pathname : '*'
}
