import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ExdataHealthModule } from 'nestjs-exdata/terminus';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { DatabaseHealth } from './database.health.js';
import { HealthController } from './health.controller.js';

// Terminus would write a line for each probe that fails, and anybody may ask: what stands in the way has lines of its
// own, once a minute.
const terminus = TerminusModule.forRoot({ logger: false });

@Module({
  imports: [terminus, ExdataHealthModule, InvoicesModule],
  controllers: [HealthController],
  providers: [DatabaseHealth],
})
export class HealthModule {}
