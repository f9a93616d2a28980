import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ExdataHealthIndicator } from './exdata.health.js';

/** Provides {@link ExdataHealthIndicator}. Import it beside a global ExdataModule. */
@Module({ imports: [TerminusModule], providers: [ExdataHealthIndicator], exports: [ExdataHealthIndicator] })
export class ExdataHealthModule {}
