import { fileReader } from './file-reader.js';
import { Refreshed } from './refreshed.js';
import type { ReadSecret, ExdataSecretSource } from './secret-source.js';
import type { SourceContext } from './source-context.js';
import { errorName, SourceFault } from './source-fault.js';
import { valueOf } from './variables.js';

/** The longest time between two calls of a provider that fails, in milliseconds. */
const afterFailureMs = 10_000;

/** What a source holds now. */
export interface Reading {
  readonly raw: unknown;
  /** The variable that it comes from. */
  readonly subject?: string;
}

/**
 * Gets the secret as it now is, with `anew` past what is kept of it. Throws a {@link SourceFault} that says why it
 * cannot.
 */
export type SecretReader = (anew?: boolean) => Promise<Reading>;

/** The reader for a source. */
export function secretReader(source: ExdataSecretSource<unknown>, context: SourceContext): SecretReader {
  switch (source.from) {
    case 'environment':
      return environmentReader(source.name, context);
    case 'file': {
      const file = fileReader(source.path, context);
      return async (anew) => ({ raw: await inWords(got(file, anew), `the file ${source.path}`) });
    }
    case 'provider':
      return providerReader(source.read, source.cacheMs, context);
  }
}

function environmentReader(name: string, context: SourceContext): SecretReader {
  const fileVariable = `${name}_FILE`;
  const files = new Map<string, Refreshed<string>>();
  return async (anew) => {
    const text = valueOf(context.variables, name);
    const path = valueOf(context.variables, fileVariable);
    if (text !== undefined && path !== undefined)
      throw SourceFault.of(`is set, and so is ${fileVariable}; keep one of them`, name);
    if (text !== undefined) return { raw: text, subject: name };
    if (path === undefined) throw SourceFault.of(`is needed (or ${fileVariable})`, name);
    const file = files.get(path) ?? fileReader(path, context);
    files.set(path, file);
    return { raw: await inWords(got(file, anew), 'names a file that', fileVariable), subject: fileVariable };
  };
}

function providerReader(read: ReadSecret<unknown>, cacheMs: number, { clock, apart }: SourceContext): SecretReader {
  const call = async (): Promise<Reading> => {
    try {
      return { raw: await apart(read) };
    } catch (error) {
      throw SourceFault.of(`could not be got from its provider (${errorName(error)})`);
    }
  };
  const kept = new Refreshed(call, cacheMs, afterFailureMs, clock);
  return (anew) => got(kept, anew);
}

function got<T>(kept: Refreshed<T>, anew = false): Promise<T> {
  return anew ? kept.getAnew() : kept.get();
}

/** What the file reader says, as a sentence. */
async function inWords<T>(reading: Promise<T>, beginning: string, subject?: string): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw error instanceof SourceFault ? SourceFault.of(`${beginning} ${error.message}`, subject) : error;
  }
}
