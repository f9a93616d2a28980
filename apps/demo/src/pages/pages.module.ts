import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { DeliveriesModule } from '../deliveries/deliveries.module.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { ReviewsModule } from '../reviews/reviews.module.js';
import { PagesController } from './pages.controller.js';

@Module({ imports: [InvoicesModule, ReviewsModule, AccountsModule, DeliveriesModule], controllers: [PagesController] })
export class PagesModule {}
