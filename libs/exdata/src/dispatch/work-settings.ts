import { token } from '../injection/index.js';
import type { WorkSettings } from './work.service.js';

export const EXDATA_WORK_SETTINGS = token<WorkSettings>('work-settings');
