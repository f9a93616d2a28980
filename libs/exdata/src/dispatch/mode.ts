import type { ColumnOptions } from 'typeorm';
import { token } from '../injection/index.js';

/**
 * Of exdata's two modes, the one that a row belongs to, and that a process works for: a token belongs to one of them
 * (exdata docs: Authentication).
 */
export type ExdataMode = 'test' | 'live';

export const exdataModes: readonly ExdataMode[] = ['test', 'live'];

/** Injects the {@link ExdataMode} of this process. */
export const EXDATA_MODE = token<ExdataMode>('mode');

/** The column of it. */
export const modeColumn: ColumnOptions = { name: 'mode', type: 'varchar', length: 8 };
