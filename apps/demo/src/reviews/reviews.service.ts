import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EXDATA_MODE, type ExdataMode } from 'nestjs-exdata';
import { In, IsNull, Repository } from 'typeorm';
import { ApiError } from '../http/api-error.js';
import { longestList } from '../http/longest-list.js';
import { presentReview, type ReviewView } from './present-review.js';
import { ReviewItem } from './review-item.entity.js';

/** Review items as they are shown: those of the mode that the application runs in. */
@Injectable()
export class ReviewsService {
  constructor(
    @InjectRepository(ReviewItem) private readonly items: Repository<ReviewItem>,
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
  ) {}

  /** The newest first. */
  async list(): Promise<ReviewView[]> {
    const items = await this.items.find({
      where: { mode: this.mode },
      order: { createdAt: 'DESC', sourceId: 'DESC' },
      take: longestList,
    });
    return items.map(presentReview);
  }

  /** How many completed documents a person has not decided yet. */
  open(): Promise<number> {
    return this.items.countBy({ mode: this.mode, outcome: In(['completed', 'unread']), decision: IsNull() });
  }

  /** @throws {ApiError} 404 */
  async one(sourceId: string): Promise<ReviewView> {
    const item = await this.items.findOneBy({ mode: this.mode, sourceId });
    if (!item) throw ApiError.notFound('review item');
    return presentReview(item);
  }
}
