import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  type Provider,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { SETTINGS } from '../settings/settings.module.js';
import type { Settings } from '../settings/settings.js';
import { IncomingFolder } from './incoming-folder.js';
import { checkBoundary, formError } from './incoming-form.js';

/** Nest's interceptor for one file, of the platform that the demo runs on. */
const PLATFORM_INTERCEPTOR = Symbol('platform interceptor');

/** A file as both platforms leave it on disk. */
export interface IncomingFile {
  readonly path: string;
  readonly originalname: string;
}

/** Takes the multipart form of `POST /invoices`: one file, streamed to disk, and a few short fields. */
@Injectable()
export class IncomingFileInterceptor implements NestInterceptor {
  constructor(
    @Inject(PLATFORM_INTERCEPTOR) private readonly platform: NestInterceptor,
    private readonly folder: IncomingFolder,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<{ headers: Readonly<Record<string, string | undefined>> }>();
    checkBoundary(request.headers['content-type']);
    await this.folder.prepare();
    try {
      return await this.platform.intercept(context, next);
    } catch (error) {
      throw formError(error);
    }
  }
}

export const incomingFileProviders: Provider[] = [
  IncomingFolder,
  {
    provide: PLATFORM_INTERCEPTOR,
    inject: [SETTINGS, IncomingFolder, HttpAdapterHost],
    useFactory: async (
      { http, upload }: Settings,
      folder: IncomingFolder,
      host: HttpAdapterHost,
    ): Promise<NestInterceptor> => {
      // Before the platform makes it, for everybody to read.
      await folder.prepare();
      const options = {
        dest: folder.path,
        // Browsers and fetch write file names in UTF-8 (RFC 7578, section 5.1.1 leaves it open).
        defParamCharset: 'utf8',
        limits: { files: 1, fileSize: upload.maxBytes, fields: 8, parts: 10, fieldSize: 4096 },
      };
      const { FileInterceptor } =
        http.adapter === 'fastify'
          ? await import('@nestjs/platform-fastify/multipart')
          : await import('@nestjs/platform-express');
      const Interceptor = FileInterceptor('file', options);
      return new Interceptor({}, host);
    },
  },
];
