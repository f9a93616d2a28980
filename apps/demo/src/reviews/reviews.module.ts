import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Decisions } from './decisions.js';
import { ReviewItem } from './review-item.entity.js';
import { ReviewsController } from './reviews.controller.js';
import { ReviewsService } from './reviews.service.js';

@Module({
  imports: [TypeOrmModule.forFeature([ReviewItem])],
  controllers: [ReviewsController],
  providers: [Decisions, ReviewsService],
  exports: [ReviewsService],
})
export class ReviewsModule {}
