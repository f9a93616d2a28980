import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { type BillView, presentBill } from '../bills/present-bill.js';
import { ApiError } from '../http/api-error.js';
import { SourceIdPipe } from '../http/source-id.pipe.js';
import { longestList } from '../http/longest-list.js';
import { decisionBody } from './decision-body.js';
import { Decisions } from './decisions.js';
import { presentReview, type ReviewView } from './present-review.js';
import { ReviewItem } from './review-item.entity.js';

@Controller('reviews')
export class ReviewsController {
  constructor(
    @InjectRepository(ReviewItem) private readonly items: Repository<ReviewItem>,
    private readonly decisions: Decisions,
  ) {}

  /** The newest first. */
  @Get()
  async list(): Promise<{ data: ReviewView[] }> {
    const items = await this.items.find({ order: { createdAt: 'DESC', sourceId: 'DESC' }, take: longestList });
    return { data: items.map(presentReview) };
  }

  @Get(':sourceId')
  async one(@Param('sourceId', SourceIdPipe) sourceId: string): Promise<ReviewView> {
    const item = await this.items.findOneBy({ sourceId });
    if (!item) throw ApiError.notFound('review item');
    return presentReview(item);
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
