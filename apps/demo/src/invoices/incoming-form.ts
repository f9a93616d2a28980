import { BadRequestException, PayloadTooLargeException } from '@nestjs/common';
import { ApiError } from '../http/api-error.js';

/** RFC 2046, 5.1.1: 1 to 70 characters. Parsers differ in what longer ones do to them. */
const longestBoundary = 70;
const boundary = /;\s*boundary=(?:"([^"]*)"|([^\s;]*))/i;
/**
 * A form's type needs no more, and parsers read what is odd in it in ways of their own: within this, none finds a
 * boundary that it cannot take.
 */
const plainType = /^[\t\x20-\x7e]{0,255}$/;

/** @throws {ApiError} 400 when the form has a boundary that no form may have */
export function checkBoundary(contentType: string | undefined): void {
  const [, quoted, bare = ''] = boundary.exec(contentType ?? '') ?? [];
  if (plainType.test(contentType ?? '') && (quoted ?? bare).length <= longestBoundary) return;
  throw new ApiError(400, {
    code: 'invalid_form',
    message: `The boundary of a form has ${longestBoundary} characters at most, all of ASCII.`,
  });
}

/** What Nest makes of a form that cannot be taken, in this API's words; anything else as it is. */
export function formError(error: unknown): unknown {
  if (error instanceof PayloadTooLargeException)
    return new ApiError(413, { code: 'file_too_large', field: 'file', message: 'The file is too large.' });
  if (error instanceof BadRequestException)
    return new ApiError(422, { code: 'invalid_form', field: 'file', message: error.message });
  return error;
}
