import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import { z } from 'zod';

type ColumnMetadata = ReturnType<DataSource['getMetadata']>['columns'][number];

/** A column of an entity, as statements of our own name it, read it and fill it. */
export class RowColumn {
  /** As it stands in a statement, quoted. */
  readonly name: string;
  readonly isSelected: boolean;
  readonly #path: readonly string[];

  constructor(
    private readonly dataSource: DataSource,
    private readonly metadata: ColumnMetadata,
  ) {
    this.name = dataSource.driver.escape(metadata.databaseName);
    this.isSelected = metadata.isSelect;
    this.#path = metadata.propertyPath.split('.');
  }

  get property(): string {
    return this.#path.at(-1) ?? '';
  }

  /** What an object in the shape of the entity has for it; undefined where it has nothing. */
  in(row: object): unknown {
    let value: unknown = row;
    for (const name of this.#path) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = Reflect.get(value, name);
    }
    return value;
  }

  /** The value as it is sent. */
  stored(value: unknown): unknown {
    return this.dataSource.driver.preparePersistentValue(value, this.metadata) as unknown;
  }

  /** Fills it from what the driver gave for it. */
  fill(row: ObjectLiteral, raw: object): void {
    const value: unknown = Reflect.get(raw, this.metadata.databaseName);
    this.metadata.setEntityValue(row, this.dataSource.driver.prepareHydratedValue(value, this.metadata));
  }
}

/** All columns of the entity, in the order of its properties. */
export function columnsOf(dataSource: DataSource, entity: EntityTarget<ObjectLiteral>): readonly RowColumn[] {
  return dataSource.getMetadata(entity).columns.map((column) => new RowColumn(dataSource, column));
}

const record = z.custom<object>((value) => typeof value === 'object' && value !== null);

/** What the driver gave for these columns, as rows of the entity. */
export function rowsOf<Row extends object>(
  entity: new () => Row,
  columns: readonly RowColumn[],
  raws: readonly unknown[],
): Row[] {
  return raws.map((value) => {
    const raw = record.parse(value);
    const row = new entity();
    for (const column of columns) column.fill(row, raw);
    return row;
  });
}
