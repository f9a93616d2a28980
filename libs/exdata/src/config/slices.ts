import type { FactoryProvider } from '@nestjs/common';
import { provide, token } from '../injection/index.js';
import { EXDATA_CONFIG } from './config.js';
import type { ExdataConfig } from './config.js';

/** The checked options, part by part: a class asks for the part that it goes by. */
export const EXDATA_HOLDS = token<ExdataConfig['holds']>('config:holds');
export const EXDATA_INBOX = token<ExdataConfig['webhook']['inbox']>('config:inbox');
export const EXDATA_POLLING = token<ExdataConfig['polling']>('config:polling');
export const EXDATA_UPLOAD = token<ExdataConfig['upload']>('config:upload');
export const EXDATA_WEBHOOK = token<ExdataConfig['webhook']>('config:webhook');
export const EXDATA_WORK = token<ExdataConfig['work']>('config:work');

export const configProviders: FactoryProvider[] = [
  provide(EXDATA_HOLDS, [EXDATA_CONFIG], ({ holds }) => holds),
  provide(EXDATA_INBOX, [EXDATA_WEBHOOK], ({ inbox }) => inbox),
  provide(EXDATA_POLLING, [EXDATA_CONFIG], ({ polling }) => polling),
  provide(EXDATA_UPLOAD, [EXDATA_CONFIG], ({ upload }) => upload),
  provide(EXDATA_WEBHOOK, [EXDATA_CONFIG], ({ webhook }) => webhook),
  provide(EXDATA_WORK, [EXDATA_CONFIG], ({ work }) => work),
];
