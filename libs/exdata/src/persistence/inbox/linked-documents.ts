import type { DataSource } from 'typeorm';
import { In } from 'typeorm';
import { z } from 'zod';
import type { ExdataMode } from '../../dispatch/index.js';
import { ExdataLink } from '../../documents/index.js';
import { keyOf, LinkedDocuments } from '../../webhooks/index.js';
import type { NamedDocument } from '../../webhooks/index.js';
import { EntityNames } from '../entity-names.js';
import { PreparedStatement } from '../prepared-statement.js';

const found = z.array(z.object({ account: z.string(), exdataId: z.string() }));

/** One look at the ledger for all, by the index over what tells a document. */
class LinkedInAnyDatabase extends LinkedDocuments {
  constructor(
    private readonly dataSource: DataSource,
    private readonly mode: ExdataMode,
  ) {
    super();
  }

  async among(named: readonly NamedDocument[]): Promise<ReadonlySet<string>> {
    const { accounts, exdataIds } = listsOf(named);
    if (exdataIds.length === 0) return new Set();
    const rows = await this.dataSource.manager.find(ExdataLink, {
      select: { account: true, exdataId: true },
      where: { mode: this.mode, account: In(accounts), exdataId: In(exdataIds) },
    });
    return new Set(found.parse(rows).map(keyOf));
  }
}

/** The same, prepared once: a flood of deliveries asks for every few of them. */
class LinkedInPostgres extends LinkedDocuments {
  readonly #statement: PreparedStatement;

  constructor(
    dataSource: DataSource,
    private readonly mode: ExdataMode,
  ) {
    super();
    const names = new EntityNames(dataSource, ExdataLink);
    const [account, exdataId] = [names.column('account'), names.column('exdataId')];
    this.#statement = new PreparedStatement(
      dataSource,
      'linked',
      `select ${account} as "account", ${exdataId} as "exdataId" from ${names.table} ` +
        `where ${names.column('mode')} = $1 and ${account} = any($2) and ${exdataId} = any($3)`,
    );
  }

  async among(named: readonly NamedDocument[]): Promise<ReadonlySet<string>> {
    const { accounts, exdataIds } = listsOf(named);
    if (exdataIds.length === 0) return new Set();
    const rows = await this.#statement.run(() => [this.mode, accounts, exdataIds]);
    return new Set(found.parse(rows).map(keyOf));
  }
}

function listsOf(named: readonly NamedDocument[]): { accounts: string[]; exdataIds: string[] } {
  return {
    accounts: [...new Set(named.map(({ account }) => account))],
    exdataIds: [...new Set(named.map(({ exdataId }) => exdataId))],
  };
}

/** The documents that the ledger on the host's database knows, in one mode. */
export function linkedDocumentsIn(dataSource: DataSource, mode: ExdataMode): LinkedDocuments {
  return dataSource.options.type === 'postgres'
    ? new LinkedInPostgres(dataSource, mode)
    : new LinkedInAnyDatabase(dataSource, mode);
}
