import { Controller, Get, Inject, Param } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EXDATA_MODE, type ExdataMode } from 'nestjs-exdata';
import { Repository } from 'typeorm';
import { ApiError } from '../http/api-error.js';
import { SourceIdPipe } from '../http/source-id.pipe.js';
import { longestList } from '../http/longest-list.js';
import { DraftBill } from './draft-bill.entity.js';
import { type BillView, presentBill } from './present-bill.js';

@Controller('bills')
export class BillsController {
  constructor(
    @InjectRepository(DraftBill) private readonly bills: Repository<DraftBill>,
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
  ) {}

  /** The newest first. */
  @Get()
  async list(): Promise<{ data: BillView[] }> {
    const bills = await this.bills.find({
      where: { mode: this.mode },
      order: { createdAt: 'DESC', sourceId: 'DESC' },
      take: longestList,
    });
    return { data: bills.map(presentBill) };
  }

  @Get(':sourceId')
  async one(@Param('sourceId', SourceIdPipe) sourceId: string): Promise<BillView> {
    const bill = await this.bills.findOneBy({ mode: this.mode, sourceId });
    if (!bill) throw ApiError.notFound('bill');
    return presentBill(bill);
  }
}
