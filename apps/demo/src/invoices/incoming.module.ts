import { Module } from '@nestjs/common';
import { MulterModule } from '@nestjs/platform-express';
import { SETTINGS } from '../settings/settings.module.js';
import type { Settings } from '../settings/settings.js';
import { IncomingFolder } from './incoming-folder.js';

@Module({ providers: [IncomingFolder], exports: [IncomingFolder] })
class IncomingFolderModule {}

/** Multer for `POST /invoices`: one file, streamed to disk, and a few short fields. */
export const incomingFiles = MulterModule.registerAsync({
  imports: [IncomingFolderModule],
  inject: [IncomingFolder, SETTINGS],
  useFactory: (folder: IncomingFolder, { upload }: Settings) => ({
    dest: folder.path,
    // Browsers and fetch write file names in UTF-8 (RFC 7578, section 5.1.1 leaves it open).
    defParamCharset: 'utf8',
    limits: { files: 1, fileSize: upload.maxBytes, fields: 8, parts: 10, fieldSize: 4096 },
  }),
});
