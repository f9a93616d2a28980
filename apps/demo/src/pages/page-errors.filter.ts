import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiError } from '../http/api-error.js';
import { notFoundPage } from './not-found.page.js';
import { pageHeaders } from './page.decorator.js';

/** A person is told in a page what a program is told in JSON. */
@Catch(ApiError)
export class PageErrorsFilter implements ExceptionFilter<ApiError> {
  constructor(private readonly adapter: HttpAdapterHost) {}

  catch(error: ApiError, host: ArgumentsHost): void {
    const { httpAdapter } = this.adapter;
    const response: unknown = host.switchToHttp().getResponse();
    for (const [name, value] of pageHeaders) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, notFoundPage(error.message), error.getStatus());
  }
}
