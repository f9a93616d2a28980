import type { ExistingProvider, FactoryProvider } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ExdataApi, ExdataConfigurationError } from '../api/index.js';
import { EXDATA_CONFIG } from '../config/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, EXDATA_MODE, ExdataTransactions } from '../dispatch/index.js';
import { ExdataAccounts, ExdataDocumentService } from '../documents/index.js';
import { ExdataHandlers } from '../handlers/index.js';
import { optional, provide, token } from '../injection/index.js';
import type { SymbolToken, Token } from '../injection/index.js';
import { ExdataEvents, ExdataUploadService } from '../uploads/index.js';
import {
  EXDATA_WEBHOOK_SETTINGS,
  ExdataDeliveryService,
  ExdataWebhookGuard,
  ExdataWebhookSecrets,
} from '../webhooks/index.js';
import { accountApi, onAccountAsked } from './account-api.js';
import { coresIn, facesIn, importersOf } from './importers.js';

/** What hosts inject. */
const face: readonly Token<object | string>[] = [
  ExdataUploadService,
  ExdataDocumentService,
  ExdataDeliveryService,
  ExdataHandlers,
  ExdataEvents,
  ExdataAccounts,
  ExdataApi,
  ExdataTransactions,
  ExdataWebhookGuard,
  ExdataWebhookSecrets,
  EXDATA_CLOCK,
  EXDATA_CONFIG,
  EXDATA_DATA_SOURCE,
  EXDATA_MODE,
  EXDATA_WEBHOOK_SETTINGS,
];

const nameOf = (each: Token<object | string>): string =>
  typeof each === 'symbol' ? (each.description ?? '') : each.name;

/**
 * The same under a name that only this file knows: a global module exports it, and hosts see of it what a face hands
 * on.
 */
const behind = new Map(
  face.map((each): [Token<object | string>, SymbolToken<object | string>] => [each, token(`behind:${nameOf(each)}`)]),
);

/** For the one module that has it all. */
export const behindFace: ExistingProvider[] = [...behind].map(([useExisting, provide]) => ({ provide, useExisting }));

/** For each module that shows it. The clients of accounts join them as they are asked for, before Nest looks. */
export const faceProviders: FactoryProvider[] = [...behind].map(([each, hidden]) =>
  provide(each, [optional(hidden), ModulesContainer], (found, container) => {
    if (found !== undefined) return found;
    throw new ExdataConfigurationError(
      coresIn(container).length === 0 ? adviceFor(container) : circleAround(nameOf(each)),
    );
  }),
);

/** What each of these modules exports; grows as {@link faceProviders} does. */
export const faceExports: Token<object | string>[] = [...face];

const accountsBehind = behind.get(ExdataAccounts) as SymbolToken<ExdataAccounts>;
onAccountAsked((account, itsToken) => {
  faceProviders.push(accountApi(account, itsToken, accountsBehind));
  faceExports.push(itsToken);
});

/** For a start without forRoot: what to write instead. */
function adviceFor(container: ModulesContainer): string {
  const importers = facesIn(container).flatMap((each) => importersOf(each, container));
  return (
    `ExdataModule is imported by ${importers.join(', ')}, and nowhere with options. Write them once, in the imports of one module such as AppModule: ` +
    '`ExdataModule.forRoot({ … })` or `forRootAsync`, or that of ExdataEnvironmentModule, ExdataTestModule or ExdataLiveModule. All others import it by its name alone'
  );
}

/** Nest passes a circle on to whoever can do without, as it does what fails; then its own error comes first. */
const circleAround = (name: string): string =>
  `ExdataModule cannot give out ${name}: either it could not be made, or it is asked for by something that it is made of, such as a provider of forRootAsync`;
