import { ExdataInputError } from '../documents/index.js';
import type { ExdataSource } from '../documents/index.js';
import type { ExdataResubmit, ExdataSubmit } from './upload-input.js';
import { checkInput } from './upload-input.js';

/** @throws {ExdataInputError} that names the first field at fault */
export function checkResubmit(source: ExdataSource, given: ExdataResubmit): void {
  // Callers without types may leave it out.
  const { reason } = (given as ExdataResubmit | undefined) ?? { reason: undefined };
  if (typeof reason !== 'string' || reason.trim() === '' || reason.includes('\0'))
    throw new ExdataInputError(
      'reason',
      "must say in words why the document is sent anew: resubmit(source, { reason: 'a better scan' })",
    );
  // Nothing is opened here.
  checkInput({ source, file: '', ...submittedOf(given) });
}

/** What is given of what `submit` takes, without what is to be taken away. */
export function submittedOf({
  filename,
  locale,
  customTypes,
  text,
  signal,
}: ExdataResubmit): Omit<Partial<ExdataSubmit>, 'source' | 'file'> {
  return {
    ...(filename !== undefined && { filename }),
    ...(locale != null && { locale }),
    ...(customTypes != null && { customTypes }),
    ...(text != null && { text }),
    ...(signal !== undefined && { signal }),
  };
}
