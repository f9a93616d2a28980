import { Module } from '@nestjs/common';
import { incomingFileProviders } from './incoming-file.interceptor.js';
import { InvoicesController } from './invoices.controller.js';
import { InvoicesService } from './invoices.service.js';

@Module({ controllers: [InvoicesController], providers: [InvoicesService, ...incomingFileProviders], exports: [InvoicesService] })
export class InvoicesModule {}
