import { type ArgumentsHost, BadRequestException, Catch, PayloadTooLargeException } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { ExdataFileError, ExdataInputError, ExdataSourceConflictError } from 'nestjs-exdata';
import { ApiError } from '../http/api-error.js';

type Refusal = ExdataFileError | ExdataInputError | ExdataSourceConflictError | BadRequestException | PayloadTooLargeException;

/** Says of an upload that was refused which part is at fault: what the module throws and what Nest makes of a bad form. */
@Catch(ExdataFileError, ExdataInputError, ExdataSourceConflictError, BadRequestException, PayloadTooLargeException)
export class UploadErrorsFilter extends BaseExceptionFilter<unknown> {
  override catch(refusal: Refusal, host: ArgumentsHost): void {
    super.catch(toApiError(refusal), host);
  }
}

function toApiError(refusal: Refusal): ApiError {
  const { message } = refusal;
  if (refusal instanceof ExdataSourceConflictError) return new ApiError(409, { code: refusal.code, message });
  if (refusal instanceof ExdataInputError) return new ApiError(422, { code: refusal.code, field: refusal.field, message });
  if (refusal instanceof ExdataFileError) {
    return new ApiError(refusal.code === 'file_too_large' ? 413 : 422, { code: refusal.code, field: refusal.field, message });
  }
  if (refusal instanceof PayloadTooLargeException)
    return new ApiError(413, { code: 'file_too_large', field: 'file', message: 'The file is too large.' });
  return new ApiError(422, { code: 'invalid_form', field: 'file', message });
}
