import { ExdataCreateTables1764000000000 } from './1764000000000-exdata-create-tables.js';
import { ExdataHoldsAndAlerts1764100000000 } from './1764100000000-exdata-holds-and-alerts.js';
import { ExdataDeliveries1764250000000 } from './1764250000000-exdata-deliveries.js';
import { ExdataSpool1764200000000 } from './1764200000000-exdata-spool.js';
import { ExdataInbox1764300000000 } from './1764300000000-exdata-inbox.js';
import { ExdataLongIds1764400000000 } from './1764400000000-exdata-long-ids.js';

/** The module's migrations: add them to `migrations` of your DataSource. They respect its `entityPrefix`. */
export const exdataMigrations = [
  ExdataCreateTables1764000000000,
  ExdataHoldsAndAlerts1764100000000,
  ExdataSpool1764200000000,
  ExdataDeliveries1764250000000,
  ExdataInbox1764300000000,
  ExdataLongIds1764400000000,
] as const;
