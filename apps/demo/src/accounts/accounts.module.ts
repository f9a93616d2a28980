import { Module } from '@nestjs/common';
import { AccountsController } from './accounts.controller.js';
import { HoldsService } from './holds.service.js';

@Module({ controllers: [AccountsController], providers: [HoldsService], exports: [HoldsService] })
export class AccountsModule {}
