import { randomUUID } from 'node:crypto';
import type { DataSource, QueryRunner } from 'typeorm';
import { ExdataDocumentEvent } from '../../documents/index.js';
import { codeOf } from '../transactions/index.js';

/** Of one byte to four in UTF-8. */
const text = 'Straße 東京 🧾';

class RolledBack extends Error {}

/**
 * Writes a row, reads it and takes it back. Whatever else keeps the module from writing, or texts from coming back as
 * they were, shows here rather than at the first document: grants, a read-only file or server, a proxy that sends
 * writes elsewhere.
 */
export async function writeLack(runner: QueryRunner, dataSource: DataSource): Promise<string | null> {
  const { tablePath } = dataSource.getMetadata(ExdataDocumentEvent);
  let kept: string | null | undefined;
  try {
    await runner.manager.transaction(async (manager) => {
      const id = randomUUID();
      const event = {
        linkId: id,
        position: 0,
        at: 0,
        what: 'start-check',
        requestId: null,
        deliveryId: null,
        detail: text,
      };
      await manager.insert(ExdataDocumentEvent, { id, ...event });
      kept = (await manager.findOneBy(ExdataDocumentEvent, { id }))?.detail;
      await manager.delete(ExdataDocumentEvent, { id });
      throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack))
      return `a row cannot be written to ${tablePath} (${codeOf(error) ?? 'unknown'}): ${hintFor(codeOf(error))}`;
  }
  if (kept === text) return null;
  return `a text does not come back from ${tablePath} as it was written: let the connection and the table speak UTF-8 (utf8mb4 on MySQL and MariaDB)`;
}

const hints: Readonly<Record<string, string>> = {
  SQLITE_READONLY:
    'the file is read-only; give the process the right to write it and its directory, and leave `readonly` out',
  '25006': 'the connection is read-only; give the DataSource the address of the primary',
  '42501': "give the connection's role select, insert, update and delete on the module's tables",
  ER_OPTION_PREVENTS_STATEMENT: 'the server is read-only; give the DataSource the address of the primary',
  ER_READ_ONLY_MODE: 'the server is read-only; give the DataSource the address of the primary',
  ER_TABLEACCESS_DENIED_ERROR: "give the connection's user select, insert, update and delete on the module's tables",
  ER_BINLOG_STMT_MODE_AND_ROW_ENGINE: 'set binlog_format of the server to ROW or MIXED',
};

function hintFor(code: string | undefined): string {
  return hints[code ?? ''] ?? 'see docs/databases.md for what the module needs of it';
}
