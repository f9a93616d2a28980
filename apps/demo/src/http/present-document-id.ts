/**
 * exdata's ids are integers (exdata docs: Document object), kept as text in case they outgrow one; shown as a number
 * while it is exact.
 */
export function presentDocumentId(id: string | null): number | string | null {
  if (id === null || !/^(?:0|[1-9]\d{0,15})$/.test(id)) return id;
  const number = Number(id);
  return Number.isSafeInteger(number) ? number : id;
}
