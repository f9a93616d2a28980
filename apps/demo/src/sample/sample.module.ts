import { Module } from '@nestjs/common';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { SampleService } from './sample.service.js';

@Module({ imports: [InvoicesModule], providers: [SampleService] })
export class SampleModule {}
