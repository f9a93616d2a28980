import { z } from 'zod';
import { ExdataInputError } from './errors.js';

const printable = /^[^\p{Cc}]+$/u;
const text = (length: number) => z.string().min(1).max(length).regex(printable);
const id = text(255);
/**
 * What stands in addresses: `/invoices/{id}`. The two dots would be taken for folders there, percent-encoded too
 * (WHATWG URL, 4.4), half a character has no encoding.
 */
const addressed = (length: number) =>
  text(length).refine(
    (value) => !/^\.{1,2}$|\p{Cs}/u.test(value),
    "no address can carry it: it must not be '.' or '..', nor hold half a character (a lone surrogate)",
  );

/** What names a thing of the host's. */
export const sourceShape = z.object({ type: addressed(64), id: addressed(255) });

/**
 * TypeORM 0.3 leaves a condition out whose value is undefined: a search by it would find another's document.
 * @throws {ExdataInputError} that names the first field at fault and its limit
 */
export function checkSource(source: unknown): void {
  check(z.object({ source: sourceShape }), { source });
}

/**
 * As {@link checkSource}, for an id of exdata's or of a row.
 * @throws {ExdataInputError} that names the field and its limit
 */
export function checkId(field: string, value: unknown): void {
  check(z.object({ [field]: id }), { [field]: value });
}

/** @throws {ExdataInputError} that names the first field at fault and its limit */
export function check(shape: z.ZodType, input: unknown): void {
  const checked = shape.safeParse(input);
  const fault = checked.success ? undefined : checked.error.issues[0];
  if (fault) throw new ExdataInputError(fault.path.join('.'), `: ${fault.message}`);
}
