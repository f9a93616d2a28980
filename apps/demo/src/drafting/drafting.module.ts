import { Module } from '@nestjs/common';
import { DraftingHandlers } from './drafting.handlers.js';

@Module({ providers: [DraftingHandlers] })
export class DraftingModule {}
