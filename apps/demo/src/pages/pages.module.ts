import { Module } from '@nestjs/common';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { ReviewsModule } from '../reviews/reviews.module.js';
import { PagesController } from './pages.controller.js';

@Module({ imports: [InvoicesModule, ReviewsModule], controllers: [PagesController] })
export class PagesModule {}
