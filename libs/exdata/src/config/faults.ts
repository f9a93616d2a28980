import type { z } from 'zod';

/** A field's path as it is written in code: `accounts.acme.webhookSecrets[0].id`. */
export function pathText(path: readonly PropertyKey[], from = ''): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${String(part)}]` : text ? `${text}.${String(part)}` : String(part),
    from,
  );
}

/** Gathers what is wrong with the options, so that all of it is told at once. */
export class Faults {
  readonly lines: string[] = [];

  /**
   * @param field its path, or the environment variable that it comes from
   * @param message what it should be; never what it is
   */
  add(field: string, message: string): void {
    this.lines.push(`${field || 'options'}: ${message}`);
  }

  /** The value as the schema gives it; undefined when it is at fault. */
  check<Schema extends z.ZodType>(schema: Schema, value: unknown, field: string): z.output<Schema> | undefined {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) this.add(pathText(issue.path, field), issue.message);
    return undefined;
  }
}
