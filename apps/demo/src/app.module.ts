import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { ExdataLiveModule, ExdataTestModule } from 'nestjs-exdata';
import { AccountsModule } from './accounts/accounts.module.js';
import { BillsModule } from './bills/bills.module.js';
import { DatabaseModule } from './database/database.module.js';
import { DeliveriesModule } from './deliveries/deliveries.module.js';
import type { Dispatching } from './dispatching/dispatching.js';
import { DraftingModule } from './drafting/drafting.module.js';
import { HealthModule } from './health/health.module.js';
import { InvoicesModule } from './invoices/invoices.module.js';
import { PagesModule } from './pages/pages.module.js';
import { ReviewsModule } from './reviews/reviews.module.js';
import { SampleModule } from './sample/sample.module.js';
import { SETTINGS, SettingsModule } from './settings/settings.module.js';
import type { Settings } from './settings/settings.js';
import type { Simulator } from './simulator/simulator.js';

@Module({})
export class AppModule {
  /** The application, talking to the exdata that its environment names, or to the simulator. */
  static of(settings: Settings, simulator: Simulator | null, { imports, extras, spool }: Dispatching): DynamicModule {
    const live = settings.exdata.kind === 'service' && settings.exdata.mode === 'live';
    return {
      module: AppModule,
      imports: [
        SettingsModule.of(settings),
        DatabaseModule,
        // What was checked becomes the environment that the module reads its accounts from.
        ConfigModule.forRoot({ ignoreEnvFile: true, override: true, validate: () => settings.variables }),
        ...imports,
        (live ? ExdataLiveModule : ExdataTestModule).forRootAsync({
          isGlobal: true,
          ...extras,
          inject: [SETTINGS],
          useFactory: ({ upload }: Settings) => ({ ...simulator?.connection, upload: { ...upload, spool } }),
        }),
        InvoicesModule,
        BillsModule,
        ReviewsModule,
        DraftingModule,
        AccountsModule,
        DeliveriesModule,
        HealthModule,
        PagesModule,
        SampleModule,
      ],
    };
  }
}
