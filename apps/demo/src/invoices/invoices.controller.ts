import { rm } from 'node:fs/promises';
import {
  Body,
  Controller,
  Get,
  HttpStatus,
  Param,
  Post,
  Query,
  Res,
  UploadedFile,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import { ExdataInputError, ExdataUploadErrorsFilter } from 'nestjs-exdata';
import { ApiError } from '../http/api-error.js';
import { SourceIdPipe } from '../http/source-id.pipe.js';
import { type IncomingFile, IncomingFileInterceptor } from './incoming-file.interceptor.js';
import { InvoicesService } from './invoices.service.js';
import { parseListQuery } from './list-query.js';
import type { InvoiceView } from './present-invoice.js';
import { parseUploadForm } from './upload-form.js';

/** What a response of either platform can do. */
interface Response {
  status(code: number): unknown;
}

@Controller('invoices')
export class InvoicesController {
  constructor(private readonly invoices: InvoicesService) {}

  /** Answers 202 with a new invoice, 200 with the one that had been submitted before with the same bytes. */
  @Post()
  @UseInterceptors(IncomingFileInterceptor)
  @UseFilters(ExdataUploadErrorsFilter)
  async submit(
    @UploadedFile() file: IncomingFile | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<InvoiceView> {
    if (!file)
      throw new ApiError(422, {
        code: 'file_missing',
        field: 'file',
        message: 'Send the invoice as the part "file" of a multipart form.',
      });
    try {
      const { invoice, created } = await this.invoices.submit({
        ...parseUploadForm(body),
        file: file.path,
        filename: file.originalname,
      });
      response.status(created ? HttpStatus.ACCEPTED : HttpStatus.OK);
      return invoice;
    } finally {
      await rm(file.path, { force: true });
    }
  }

  @Get()
  async list(@Query() query: unknown): Promise<{ data: InvoiceView[]; next: string | null }> {
    try {
      return await this.invoices.list(parseListQuery(query));
    } catch (error) {
      if (error instanceof ExdataInputError)
        throw new ApiError(400, { code: 'invalid_query', field: error.field, message: error.message });
      throw error;
    }
  }

  @Get(':sourceId')
  async one(@Param('sourceId', SourceIdPipe) sourceId: string): Promise<InvoiceView> {
    const invoice = await this.invoices.find(sourceId);
    if (!invoice) throw ApiError.notFound('invoice');
    return invoice;
  }
}
