import { BullModule } from '@nestjs/bullmq';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import type { Dispatching } from './dispatching.js';

export function bullMq(redisUrl: string): Dispatching {
  return {
    imports: [BullModule.forRoot({ connection: { url: redisUrl } })],
    extras: { dispatcher: ExdataBullMqModule.forRoot({}) },
    spool: 'database',
  };
}
