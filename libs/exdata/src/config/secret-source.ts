import { z } from 'zod';

/** A webhook secret and the name by which it is spoken of; several at once make rotation possible. */
export interface ExdataWebhookSecret {
  readonly id: string;
  readonly secret: string;
}

/**
 * Gets a secret, or a list of webhook secrets, from wherever the host keeps it. What it throws is never shown: only its
 * class or code is.
 */
export type ReadSecret<T = string> = () => T | Promise<T>;

/**
 * Where a secret is kept: plain data, so that it may be logged or put into a configuration namespace. It does not hold
 * the secret.
 */
export type ExdataSecretSource<T = string> =
  | { readonly from: 'environment'; readonly name: string }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'provider'; readonly read: ReadSecret<T>; readonly cacheMs: number };

/**
 * The secret stands in the environment variable `name`, or in the file that `<name>_FILE` names. Read at each use, as
 * {@link exdataSecretFromFile} where it is a file.
 */
export function exdataSecretFromEnv(name: string): ExdataSecretSource<never> {
  return { from: 'environment', name };
}

/**
 * The secret stands in a file, such as a mounted secret of Kubernetes or Docker; white space around it does not count.
 * The file is looked at again at use, at most once a second, so that a new secret needs no restart. One that has
 * vanished or is being written leaves the last good value in place.
 */
export function exdataSecretFromFile(path: string): ExdataSecretSource<never> {
  return { from: 'file', path };
}

/**
 * The secret is got by a call, such as one to a secret manager. What it gave is kept for `cacheMs` milliseconds
 * (default 300,000); while the call fails, or takes longer than 10 seconds, the last good value stays in place and the
 * call is repeated at most every 10 seconds.
 */
export function exdataSecretFromProvider<T = string>(
  read: ReadSecret<T>,
  { cacheMs = 300_000 }: { readonly cacheMs?: number } = {},
): ExdataSecretSource<T> {
  return { from: 'provider', read, cacheMs };
}

type AnySource = ExdataSecretSource<unknown>;

const isFunction = (value: unknown): value is ReadSecret<unknown> => typeof value === 'function';
const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable');

const described = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('environment'), name }),
  z.strictObject({ from: z.literal('file'), path: z.string().min(1) }),
  z.strictObject({
    from: z.literal('provider'),
    read: z.custom<ReadSecret<unknown>>(isFunction, 'must be a function'),
    cacheMs: z.number().int().min(0).max(2_147_483_647),
  }),
]);

/** A source as {@link exdataSecretFromEnv} and its like make it, or a function, which is asked at each use. */
export const secretSource = z.union(
  [
    described,
    z.custom<ReadSecret<unknown>>(isFunction).transform((read): AnySource => ({ from: 'provider', read, cacheMs: 0 })),
  ],
  "must be a secret or its source: exdataSecretFromEnv('NAME'), exdataSecretFromFile(path), exdataSecretFromProvider(read) or a function",
);
