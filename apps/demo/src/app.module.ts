import { type DynamicModule, Module } from '@nestjs/common';
import { ExdataModule } from 'nestjs-exdata';
import { AccountsModule } from './accounts/accounts.module.js';
import { BillsModule } from './bills/bills.module.js';
import { DatabaseModule } from './database/database.module.js';
import type { Dispatching } from './dispatching/dispatching.js';
import { DraftingModule } from './drafting/drafting.module.js';
import { HealthModule } from './health/health.module.js';
import { InvoicesModule } from './invoices/invoices.module.js';
import { PagesModule } from './pages/pages.module.js';
import { ReviewsModule } from './reviews/reviews.module.js';
import { SampleModule } from './sample/sample.module.js';
import { SETTINGS, SettingsModule } from './settings/settings.module.js';
import type { ExdataConnection, Settings } from './settings/settings.js';

@Module({})
export class AppModule {
  /** The application, talking to `exdata`. */
  static of(settings: Settings, exdata: ExdataConnection, { imports, extras, spool }: Dispatching): DynamicModule {
    return {
      module: AppModule,
      imports: [
        SettingsModule.of(settings),
        DatabaseModule,
        ...imports,
        ExdataModule.forRootAsync({
          isGlobal: true,
          ...extras,
          inject: [SETTINGS],
          useFactory: ({ upload }: Settings) => ({
            mode: exdata.mode,
            baseUrl: exdata.baseUrl,
            token: exdata.token,
            webhookSecrets: exdata.webhookSecrets,
            upload: { ...upload, spool },
          }),
        }),
        InvoicesModule,
        BillsModule,
        ReviewsModule,
        DraftingModule,
        AccountsModule,
        HealthModule,
        PagesModule,
        SampleModule,
      ],
    };
  }
}
