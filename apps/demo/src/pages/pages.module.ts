import { Module } from '@nestjs/common';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { PagesController } from './pages.controller.js';

@Module({ imports: [InvoicesModule], controllers: [PagesController] })
export class PagesModule {}
