/** The operations of the contract, section 1, by their ids in exdata's OpenAPI document. */
export const operations = [
  'ping',
  'listDocuments',
  'uploadDocument',
  'getDocument',
  'deleteDocument',
  'getDocumentThumbnail',
  'listDocumentPreviews',
  'listDocumentExtractions',
  'getPreview',
] as const;

export type Operation = (typeof operations)[number];

/** Where a request leads. */
export interface Route {
  readonly operation: Operation;
  /** The document or preview named in the path; empty when none is. */
  readonly id: string;
}

const routes: readonly (readonly [string, RegExp, Operation])[] = [
  ['GET', /^\/ping$/, 'ping'],
  ['GET', /^\/documents$/, 'listDocuments'],
  ['POST', /^\/documents$/, 'uploadDocument'],
  ['GET', /^\/documents\/([^/]+)$/, 'getDocument'],
  ['DELETE', /^\/documents\/([^/]+)$/, 'deleteDocument'],
  ['GET', /^\/documents\/([^/]+)\/extractions$/, 'listDocumentExtractions'],
  ['GET', /^\/documents\/([^/]+)\/thumbnail$/, 'getDocumentThumbnail'],
  ['GET', /^\/documents\/([^/]+)\/previews$/, 'listDocumentPreviews'],
  ['GET', /^\/previews\/([^/]+)$/, 'getPreview'],
];

const prefix = '/api/v1';

/** @param path without query, from the root @returns undefined: no operation has this method and path */
export function findRoute(method: string, path: string): Route | undefined {
  for (const [wanted, pattern, operation] of routes) {
    const match = wanted === method ? pattern.exec(below(path)) : null;
    if (match !== null) return { operation, id: match[1] ?? '' };
  }
  return undefined;
}

/** Whether an operation of another method has this path. */
export function isPath(path: string): boolean {
  return routes.some(([, pattern]) => pattern.test(below(path)));
}

/** Whether the path is one of the x402 pair, which the simulator does not play. */
export function isX402(path: string): boolean {
  return below(path).startsWith('/x402/');
}

/** Whether the path is below the base URL. */
export function isApi(path: string): boolean {
  return below(path) !== '';
}

function below(path: string): string {
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : '';
}
