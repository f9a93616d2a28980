import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { incomingFileProviders } from './incoming-file.interceptor.js';
import { IncomingHealth } from './incoming.health.js';
import { InvoicesController } from './invoices.controller.js';
import { InvoicesService } from './invoices.service.js';

@Module({
  imports: [TerminusModule],
  controllers: [InvoicesController],
  providers: [InvoicesService, IncomingHealth, ...incomingFileProviders],
  exports: [InvoicesService, IncomingHealth],
})
export class InvoicesModule {}
