import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BillsController } from './bills.controller.js';
import { DraftBill } from './draft-bill.entity.js';

@Module({ imports: [TypeOrmModule.forFeature([DraftBill])], controllers: [BillsController], exports: [TypeOrmModule] })
export class BillsModule {}
