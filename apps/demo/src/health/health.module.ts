import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ExdataHealthModule } from 'nestjs-exdata/terminus';
import { HealthController } from './health.controller.js';

@Module({ imports: [TerminusModule, ExdataHealthModule], controllers: [HealthController] })
export class HealthModule {}
