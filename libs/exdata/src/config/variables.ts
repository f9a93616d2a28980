/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The variable's value without white space around it. One that is set but empty counts as not set. */
export function valueOf(variables: Variables, name: string): string | undefined {
  const text = variables[name]?.trim();
  return text === '' ? undefined : text;
}
