import fc from 'fast-check';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { DeliveryFault, RequestFault } from 'nestjs-exdata-sandbox';

const second = 1_000;
const hour = 3_600 * second;

/** What exdata, or the way to it, does with an upload whether or not it knows the key already. */
const passingAccidents = {
  'answer lost': requestFaults.answerLost(),
  '502, accepted': requestFaults.badGateway(true),
  '502': requestFaults.badGateway(),
  'cut in the bytes': requestFaults.requestCut(200),
  'cut at once': requestFaults.requestCut(0),
  409: requestFaults.problem(409, 'idempotency_in_progress', 'Still running.'),
  429: requestFaults.tooManyRequests(120),
  '429, no time': requestFaults.tooManyRequests(),
  '429, daily limit': requestFaults.problem(429, 'test_mode_limit_exceeded', 'Tomorrow.', { retry_after: 7_200 }),
  401: requestFaults.problem(401, 'unauthenticated', 'Unauthenticated.'),
  403: requestFaults.problem(403, 'missing_ability', 'Not with this token.'),
  slow: requestFaults.slow(20 * second),
  'slower than the lease': requestFaults.slow(600 * second),
} as const satisfies Record<string, RequestFault>;

/** Answers that exdata gives only to a key that it does not know: for one that it knows it has the stored answer. */
const firstAccidents = {
  402: requestFaults.problem(402, 'insufficient_credits', 'No credits.'),
  422: requestFaults.problem(422, 'validation_failed', 'Invalid.', { errors: { file: ['Password protected.'] } }),
  413: requestFaults.problem(413, 'too_large', 'Too large.'),
} as const satisfies Record<string, RequestFault>;

export const uploadAccidents: Readonly<Record<string, RequestFault>> = { ...passingAccidents, ...firstAccidents };
export const isForNewKeys = (accident: string): boolean => Object.hasOwn(firstAccidents, accident);

export const readAccidents = {
  '503': requestFaults.problem(503, 'unavailable', 'Later.'),
  '429': requestFaults.tooManyRequests(60),
  '401': requestFaults.problem(401, 'unauthenticated', 'Unauthenticated.'),
  'answer lost': requestFaults.answerLost(),
} as const satisfies Record<string, RequestFault>;

export const deliveryAccidents = {
  lost: { drop: true },
  doubled: { copies: 3 },
  late: { delayMs: 600 * second },
} as const satisfies Record<string, DeliveryFault>;

/** How a process dies over a transaction: before it begins, before its commit, or after it. */
export type DeathPoint = 'before' | 'uncommitted' | 'committed';

const sources = ['A', 'B', 'C'];
const oneOf = <const T extends string>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const keysOf = <T extends object>(table: T): (keyof T & string)[] => Object.keys(table) as (keyof T & string)[];
const step = <const Name extends string, T extends object>(
  name: Name,
  fields: { [K in keyof T]: fc.Arbitrary<T[K]> },
) =>
  fc.record({ step: fc.constant(name), ...fields }, { noNullPrototype: true }) as unknown as fc.Arbitrary<
    { readonly step: Name } & Readonly<T>
  >;

/** Chooses among what is there when the step is taken. */
const which = fc.nat({ max: 7 });
const source = oneOf(sources);

const steps = {
  submit: step('submit', { source }),
  upload: step('upload accident', { accident: oneOf(keysOf(uploadAccidents)), times: fc.constantFrom(1, 1, 1, 2, 10) }),
  read: step('read accident', { accident: oneOf(keysOf(readAccidents)) }),
  delivery: step('delivery accident', { accident: oneOf(keysOf(deliveryAccidents)) }),
  finish: step('finish', { which, as: oneOf(['completed', 'completed', 'error', 'blocked', 'no credits']) }),
  rerun: step('rerun', { which }),
  credits: step('credits', { left: fc.constantFrom(0, 100), told: oneOf(['envelope', 'data', 'merged']) }),
  deliver: step('deliver', { which }),
  replay: step('replay', { which }),
  handler: step('handler fails', { times: fc.constantFrom(1, 2) }),
  release: step('release', {}),
  resubmit: step('resubmit', { source }),
  pass: step('time passes', { ms: fc.constantFrom(second, 15 * second, 45 * second, 660 * second, 25 * hour) }),
  settle: step('settle', {}),
  turns: step('go on for some turns', { turns: fc.nat({ max: 60 }) }),
  die: step('die', {
    transactions: fc.integer({ min: 1, max: 8 }),
    point: oneOf(['before', 'uncommitted', 'committed']),
  }),
};

const weighted = (weight: number, arbitrary: fc.Arbitrary<Step>): fc.WeightedArbitrary<Step> => ({ weight, arbitrary });

export type Step = typeof steps extends Record<string, infer A> ? (A extends fc.Arbitrary<infer S> ? S : never) : never;

/** What a host, exdata and the way between them may do, in any order. */
export const interleaving: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    weighted(5, steps.submit),
    weighted(4, steps.upload),
    weighted(1, steps.read),
    weighted(2, steps.delivery),
    weighted(4, steps.finish),
    weighted(2, steps.rerun),
    weighted(1, steps.credits),
    weighted(2, steps.deliver),
    weighted(2, steps.replay),
    weighted(1, steps.handler),
    weighted(1, steps.release),
    weighted(2, steps.resubmit),
    weighted(3, steps.pass),
    weighted(3, steps.settle),
    weighted(4, steps.turns),
    weighted(2, steps.die),
  ),
  { minLength: 8, maxLength: 40, size: 'max' },
);
