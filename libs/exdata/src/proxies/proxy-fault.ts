/** What is wrong with it, without the address: it may hold a password. Null where it is right. */
export function proxyFault(proxy: unknown): string | null {
  if (proxy === false || proxy === 'environment') return null;
  const fault = addressFault(proxy);
  return fault === notAnAddress ? `must be 'environment', false or ${address}` : fault;
}

const address = 'the http(s) URL of a proxy';
const notAnAddress = `must be ${address}, such as http://proxy.corp:3128`;

/** As {@link proxyFault}, where only an address will do. */
export function addressFault(proxy: unknown): string | null {
  const text = proxy instanceof URL ? proxy.href : proxy;
  if (typeof text !== 'string' || !URL.canParse(text)) return notAnAddress;
  const { protocol, username, password } = new URL(text);
  if (!/^https?:$/.test(protocol)) return notAnAddress;
  return isEscaped(username) && isEscaped(password) ? null : 'must have %25 where a % stands in its user or password';
}

function isEscaped(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
