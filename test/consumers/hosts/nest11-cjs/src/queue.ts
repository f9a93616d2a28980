import { BullModule } from '@nestjs/bull';
import { ExdataBullModule } from 'nestjs-exdata/bull';
import type { Queue } from './bill-host';

export const queue = (redisUrl: string): Queue => ({
  imports: [BullModule.forRoot({ url: redisUrl })],
  dispatcher: ExdataBullModule.forRoot({}),
});
