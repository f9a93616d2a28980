import type { DataSource } from 'typeorm';

/**
 * The host's DataSource, with every statement sent to the server that is written to. Where the host has set
 * `replication` up, TypeORM sends reads to a replica, which may not have yet what was committed a moment ago; the
 * module decides by what it reads. The room that needs the database gets this view and nothing else, so that no read
 * can go astray. Transactions, and with them the managers that handlers get, are the host's own.
 */
export function primaryOf(dataSource: DataSource): DataSource {
  const primary = Object.create(dataSource) as DataSource;
  Object.defineProperties(primary, {
    createQueryRunner: { value: () => dataSource.createQueryRunner('master') },
    defaultReplicationModeForReads: { value: () => 'master' },
  });
  Object.defineProperty(primary, 'manager', { value: primary.createEntityManager() });
  return primary;
}
