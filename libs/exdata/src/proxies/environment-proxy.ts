import { addressFault } from './proxy-fault.js';

/** Environment variables by name. */
type Variables = Readonly<Record<string, string | undefined>>;

const forHttp = ['http_proxy', 'HTTP_PROXY'];
const forHttps = ['https_proxy', 'HTTPS_PROXY'];

/** A variable that names a proxy, but not in a way that can be used. */
export interface VariableFault {
  readonly variable: string;
  /** Without the value: it may hold a password. */
  readonly fault: string;
}

/** What is wrong with the variables that name proxies, where one of these addresses may be asked for through them. */
export function variableFaults(urls: readonly string[], variables: Variables): VariableFault[] {
  if (urls.every((url) => isLoopback(new URL(url).hostname))) return [];
  return [...forHttps, ...forHttp].flatMap((variable) => {
    const value = valueOf(variables, variable);
    const fault = value === undefined ? null : addressFault(value);
    return fault === null ? [] : [{ variable, fault }];
  });
}

/**
 * The proxy that the variables name for this address; null where it is reached directly, as this machine always is.
 * They are to be without {@link variableFaults}. As elsewhere, small letters go before capitals, and `HTTP_PROXY`
 * counts for https where `HTTPS_PROXY` is not set.
 */
export function environmentProxy(url: string, variables: Variables): string | null {
  const { protocol, hostname, port } = new URL(url);
  if (isLoopback(hostname)) return null;
  const names = protocol === 'https:' ? [...forHttps, ...forHttp] : forHttp;
  const proxy = firstOf(names, variables);
  const direct = firstOf(['no_proxy', 'NO_PROXY'], variables) ?? '';
  return proxy === undefined || isListed(hostname, port || (protocol === 'https:' ? '443' : '80'), direct)
    ? null
    : proxy;
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/i.test(hostname);
}

/** Entries are hosts, which stand for what ends in them too, with a port or without; `*` is every host. */
function isListed(hostname: string, port: string, list: string): boolean {
  const entries = list.toLowerCase().split(/[,\s]+/);
  return entries.some((entry) => {
    const { host = entry, only } = /^(?<host>.+):(?<only>\d+)$/.exec(entry)?.groups ?? {};
    if (only !== undefined && only !== port) return false;
    const name = host.replace(/^\*?\./, '');
    return name === '*' || (name !== '' && (hostname === name || hostname.endsWith(`.${name}`)));
  });
}

function firstOf(names: readonly string[], variables: Variables): string | undefined {
  return names.map((name) => valueOf(variables, name)).find((value) => value !== undefined);
}

/** A variable that is set but empty counts as not set. */
function valueOf(variables: Variables, name: string): string | undefined {
  const text = variables[name]?.trim();
  return text === '' ? undefined : text;
}
