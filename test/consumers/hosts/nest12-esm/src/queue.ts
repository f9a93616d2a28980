import { BullModule } from '@nestjs/bullmq';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import type { Queue } from './bill-host.js';

export const queue = (redisUrl: string): Queue => ({
  imports: [BullModule.forRoot({ connection: { url: redisUrl } })],
  dispatcher: ExdataBullMqModule.forRoot({}),
});
