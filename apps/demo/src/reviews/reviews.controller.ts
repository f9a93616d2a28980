import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { type BillView, presentBill } from '../bills/present-bill.js';
import { ApiError } from '../http/api-error.js';
import { SourceIdPipe } from '../http/source-id.pipe.js';
import { decisionBody } from './decision-body.js';
import { Decisions } from './decisions.js';
import type { ReviewView } from './present-review.js';
import { ReviewsService } from './reviews.service.js';

@Controller('reviews')
export class ReviewsController {
  constructor(
    private readonly reviews: ReviewsService,
    private readonly decisions: Decisions,
  ) {}

  /** The newest first. */
  @Get()
  async list(): Promise<{ data: ReviewView[] }> {
    return { data: await this.reviews.list() };
  }

  @Get(':sourceId')
  one(@Param('sourceId', SourceIdPipe) sourceId: string): Promise<ReviewView> {
    return this.reviews.one(sourceId);
  }

  /** Answers 201 with the bill that the decision makes. */
  @Post(':sourceId/decision')
  async decide(@Param('sourceId', SourceIdPipe) sourceId: string, @Body() body: unknown): Promise<BillView> {
    const { success, data, error } = decisionBody.safeParse(body ?? {});
    if (!success) {
      const [issue] = error.issues;
      throw new ApiError(400, {
        code: 'invalid_decision',
        field: issue?.path.join('.') ?? '',
        message: issue?.message ?? 'The body cannot be read.',
      });
    }
    return presentBill(await this.decisions.decide(sourceId, data.fields, new Date()));
  }
}
