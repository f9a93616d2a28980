import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { z } from 'zod';
import { root } from '../packages.js';

/**
 * What each entry of the package shows, by hand: a name that comes, goes or changes is a decision, and a line here.
 * What stands behind the names is frozen by libs/exdata/api-report.
 */
const faces: Readonly<Record<string, { readonly values: string; readonly types: string }>> = {
  '.': {
    values: `
      EXDATA_ALERTS
      EXDATA_CLOCK
      EXDATA_DISPATCHER
      EXDATA_FILE_READER
      EXDATA_MODE
      EXDATA_SPOOL
      ExdataAccounts
      ExdataApi
      ExdataApiError
      ExdataAuthenticationError
      ExdataConfigurationError
      ExdataConflictError
      ExdataConnectionError
      ExdataDatabaseError
      ExdataDelivery
      ExdataDeliveryNotFoundError
      ExdataDeliveryRun
      ExdataDeliveryService
      ExdataDeliveryStateError
      ExdataDocumentEvent
      ExdataDocumentService
      ExdataEnvironmentModule
      ExdataError
      ExdataEvents
      ExdataFileError
      ExdataFileReading
      ExdataHandlerRun
      ExdataHandlers
      ExdataInboxUnavailableException
      ExdataInputError
      ExdataInsufficientCreditsError
      ExdataLink
      ExdataLiveModule
      ExdataModule
      ExdataNotFoundError
      ExdataNotSubmittedError
      ExdataPermissionError
      ExdataProtocolError
      ExdataRateLimitError
      ExdataRequestError
      ExdataResubmitError
      ExdataServerError
      ExdataSourceConflictError
      ExdataSpoolError
      ExdataTestModule
      ExdataTimeoutError
      ExdataTransactions
      ExdataUploadErrorsFilter
      ExdataUploadService
      ExdataUploadStreamError
      ExdataValidationError
      ExdataWaitTimeoutError
      ExdataWebhookGuard
      ExdataWebhookRefusal
      ExdataWebhookSecrets
      InjectExdataApi
      OnExdataDelivery
      OnExdataDocument
      exdataDeadLetterReasons
      exdataDeliveryOf
      exdataDeliveryOutcomes
      exdataDocumentStates
      exdataEntities
      exdataEnvironment
      exdataJobKinds
      exdataMigrations
      exdataSecretFromEnv
      exdataSecretFromFile
      exdataSecretFromProvider
      exdataUploadRefusalOf
      getExdataApiToken`,
    types: `
      ExdataAccount
      ExdataAccountOptions
      ExdataAlert
      ExdataAlerts
      ExdataClock
      ExdataDeliveryContext
      ExdataDeliveryDetails
      ExdataDeliveryPage
      ExdataDeliveryQuery
      ExdataDispatcher
      ExdataDocumentContext
      ExdataDocumentProblem
      ExdataDocumentState
      ExdataEnvironment
      ExdataEnvironmentOptions
      ExdataErasure
      ExdataFileReader
      ExdataHold
      ExdataJobRef
      ExdataLinkPage
      ExdataLinkQuery
      ExdataMode
      ExdataModuleAsyncOptions
      ExdataModuleExtras
      ExdataModuleOptions
      ExdataOptionsFactory
      ExdataRedriveReport
      ExdataRegisteredHandler
      ExdataResubmit
      ExdataSecretReport
      ExdataSecretSource
      ExdataSource
      ExdataSpool
      ExdataSpooled
      ExdataSubmission
      ExdataSubmit
      ExdataUploadProgress
      ExdataUploadRefusal
      ExdataVerifiedDelivery
      ExdataWebhookRequest
      ExdataWorkRef
      ExdataWorkReport`,
  },
  './api': {
    values: `
      ExdataApi
      ExdataApiError
      ExdataAuthenticationError
      ExdataConfigurationError
      ExdataConflictError
      ExdataConnectionError
      ExdataError
      ExdataInsufficientCreditsError
      ExdataNotFoundError
      ExdataPermissionError
      ExdataProtocolError
      ExdataRateLimitError
      ExdataRequestError
      ExdataServerError
      ExdataTimeoutError
      ExdataUploadStreamError
      ExdataValidationError
      exdataBaseUrl
      exdataFieldOf`,
    types: `
      ExdataApiErrorDetails
      ExdataApiOptions
      ExdataAttempt
      ExdataCallOptions
      ExdataCreateOptions
      ExdataDocumentData
      ExdataDocumentList
      ExdataDocumentPage
      ExdataDocumentUpload
      ExdataDownload
      ExdataErrorDetails
      ExdataExtraction
      ExdataExtractionRun
      ExdataField
      ExdataJson
      ExdataListOptions
      ExdataPreview
      ExdataProxy
      ExdataResend
      ExdataResult
      ExdataRetryOptions`,
  },
  './review': {
    values: `
      exdataFieldClass
      reviewExdataInvoice`,
    types: `
      ExdataDoubt
      ExdataDoubtReason
      ExdataFieldClass
      ExdataReviewedField`,
  },
  './terminus': {
    values: `
      ExdataHealthIndicator
      ExdataHealthModule`,
    types: `
`,
  },
  './bull': {
    values: `
      ExdataBullModule`,
    types: `
      ExdataBullExtras
      ExdataBullJobPolicy
      ExdataBullOptions
      ExdataBullPolicy
      ExdataBullWorkerPolicy`,
  },
  './bullmq': {
    values: `
      ExdataBullMqModule`,
    types: `
      ExdataBullMqExtras
      ExdataBullMqJobPolicy
      ExdataBullMqOptions
      ExdataBullMqPolicy
      ExdataBullMqWorkerPolicy`,
  },
};

const library = path.join(root, 'libs/exdata');
const { exports } = z
  .object({
    exports: z.record(z.string(), z.union([z.string(), z.object({ import: z.object({ types: z.string() }) })])),
  })
  .parse(JSON.parse(readFileSync(path.join(library, 'package.json'), 'utf8')));

/** The source of an entry, as package.json leads to it. */
const sourceOf = (entry: string): string => {
  const target = exports[entry];
  if (target === undefined || typeof target === 'string') throw new Error(`package.json has no entry ${entry}`);
  return path.join(library, target.import.types.replace('./dist/esm/', 'src/').replace(/\.d\.ts$/, '.ts'));
};

const names = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** The names that a face lists; it may have nothing else, so that whoever reads it sees all of them. */
function listed(file: string): { values: string[]; types: string[] } {
  const { statements } = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  const values: string[] = [];
  const types: string[] = [];
  for (const statement of statements) {
    if (!ts.isExportDeclaration(statement) || !statement.exportClause || !ts.isNamedExports(statement.exportClause))
      throw new Error(`${file} has something else than lists of names`);
    for (const { name, isTypeOnly } of statement.exportClause.elements)
      (statement.isTypeOnly || isTypeOnly ? types : values).push(name.text);
  }
  return { values: values.sort(), types: types.sort() };
}

it('package.json has these entries', () => {
  expect(Object.keys(exports).filter((entry) => entry !== './package.json')).toEqual(Object.keys(faces));
});

describe.each(Object.entries(faces))('the entry %s', (entry, { values, types }) => {
  it('shows these values and types, each a line of its own', async () => {
    const file = sourceOf(entry);
    expect(listed(file)).toEqual({ values: names(values), types: names(types) });
    const loaded = (await import(file)) as Record<string, unknown>;
    expect(Object.keys(loaded).sort()).toEqual(names(values));
  });

  it('carries the package in each name', () => {
    expect(names(`${values} ${types}`).filter((name) => !/Exdata|^exdata|^EXDATA_/.test(name))).toEqual([]);
  });
});
