import { BullModule } from '@nestjs/bull';
import { ExdataBullModule } from 'nestjs-exdata/bull';
import type { Dispatching } from './dispatching.js';

export function bull(redisUrl: string): Dispatching {
  return {
    imports: [BullModule.forRoot({ url: redisUrl })],
    extras: { dispatcher: ExdataBullModule.forRoot({}) },
    spool: 'database',
  };
}
