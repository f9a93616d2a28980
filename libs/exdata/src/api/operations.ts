/** An operation of the contract (exdata docs: API reference). */
export interface Operation {
  /** exdata's operationId; names the call in messages. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The ability that the token needs, where exdata says so. */
  readonly ability?: 'documents:read' | 'documents:write';
  /** Whether the call can make a document. */
  readonly creates: boolean;
  /** Whether the answer is a file that the caller reads, beyond the end of the call. */
  readonly downloads: boolean;
}

const reading = { method: 'GET', creates: false, downloads: false } as const;

export const ping: Operation = { ...reading, id: 'ping' };
export const listDocuments: Operation = { ...reading, id: 'listDocuments', ability: 'documents:read' };
export const uploadDocument: Operation = {
  id: 'uploadDocument',
  method: 'POST',
  ability: 'documents:write',
  creates: true,
  downloads: false,
};
export const getDocument: Operation = { ...reading, id: 'getDocument', ability: 'documents:read' };
export const deleteDocument: Operation = { id: 'deleteDocument', method: 'DELETE', creates: false, downloads: false };
export const getDocumentThumbnail: Operation = { ...reading, id: 'getDocumentThumbnail', downloads: true };
export const listDocumentPreviews: Operation = { ...reading, id: 'listDocumentPreviews', ability: 'documents:read' };
export const listDocumentExtractions: Operation = {
  ...reading,
  id: 'listDocumentExtractions',
  ability: 'documents:read',
};
export const getPreview: Operation = { ...reading, id: 'getPreview', ability: 'documents:read', downloads: true };
