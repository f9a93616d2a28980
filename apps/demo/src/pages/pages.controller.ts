import { Controller, Param, UseFilters } from '@nestjs/common';
import { HoldsService } from '../accounts/holds.service.js';
import { DeliveriesService } from '../deliveries/deliveries.service.js';
import { ApiError } from '../http/api-error.js';
import { SourceIdPipe } from '../http/source-id.pipe.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import { ReviewsService } from '../reviews/reviews.service.js';
import { invoicesPage } from './invoices.page.js';
import { opsDocumentPage } from './ops-document.page.js';
import { opsPage } from './ops.page.js';
import { PageErrorsFilter } from './page-errors.filter.js';
import { Page } from './page.decorator.js';
import { reviewItemPage } from './review-item.page.js';
import { reviewPage } from './review.page.js';

const newest = 50;

/** Pages for people. */
@Controller()
@UseFilters(PageErrorsFilter)
export class PagesController {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly reviews: ReviewsService,
    private readonly holds: HoldsService,
    private readonly deliveries: DeliveriesService,
  ) {}

  @Page('/')
  async index(): Promise<string> {
    const { data } = await this.invoices.list({ limit: newest });
    return invoicesPage(data);
  }

  @Page('ops')
  async ops(): Promise<string> {
    const { invoices, reviews, holds, deliveries } = this;
    return opsPage(
      await invoices.attention(),
      await reviews.open(),
      await holds.list(),
      await deliveries.givenUp(),
      await invoices.leftToOtherMode(),
    );
  }

  @Page('ops/:sourceId')
  async opsDocument(@Param('sourceId', SourceIdPipe) sourceId: string): Promise<string> {
    const invoice = await this.invoices.find(sourceId);
    if (!invoice) throw ApiError.notFound('invoice');
    return opsDocumentPage(invoice);
  }

  @Page('review')
  async review(): Promise<string> {
    return reviewPage(await this.reviews.list());
  }

  @Page('review/:sourceId')
  async reviewItem(@Param('sourceId', SourceIdPipe) sourceId: string): Promise<string> {
    return reviewItemPage(await this.reviews.one(sourceId));
  }
}
