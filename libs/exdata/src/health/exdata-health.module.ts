import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ExdataHealthIndicator } from './exdata.health.js';

/** Provides {@link ExdataHealthIndicator}. Import it anywhere in an application that has an ExdataModule. */
@Module({ imports: [TerminusModule], providers: [ExdataHealthIndicator], exports: [ExdataHealthIndicator] })
export class ExdataHealthModule {}
