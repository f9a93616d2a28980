import { ExdataTables1764600000000 } from './1764600000000-exdata-tables.js';

/**
 * The module's migrations: add them to `migrations` of your DataSource. They go by its schema, `entityPrefix` and
 * naming strategy.
 */
export const exdataMigrations = [ExdataTables1764600000000] as const;
