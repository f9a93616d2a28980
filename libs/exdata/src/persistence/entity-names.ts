import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';

/** The names of an entity's table and columns for a statement of our own, quoted, as the host's DataSource has them. */
export class EntityNames {
  readonly table: string;

  constructor(
    private readonly dataSource: DataSource,
    private readonly entity: EntityTarget<ObjectLiteral>,
  ) {
    const { tablePath } = dataSource.getMetadata(entity);
    this.table = tablePath
      .split('.')
      .map((part) => dataSource.driver.escape(part))
      .join('.');
  }

  /** @throws {Error} when the entity has no such column */
  column(property: string): string {
    const metadata = this.dataSource.getMetadata(this.entity);
    const column = metadata.findColumnWithPropertyPath(property);
    if (!column) throw new Error(`${metadata.name} has no column ${property}`);
    return this.dataSource.driver.escape(column.databaseName);
  }
}
