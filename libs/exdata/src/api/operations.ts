/** An operation of the contract (exdata docs: API reference). */
export interface Operation {
  /** exdata's operationId; names the call in messages. */
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** The ability that the token needs, where exdata says so. */
  readonly ability?: 'documents:read' | 'documents:write';
  /** Whether the call can make a document. */
  readonly creates: boolean;
}

export const ping: Operation = { id: 'ping', method: 'GET', creates: false };
export const uploadDocument: Operation = { id: 'uploadDocument', method: 'POST', ability: 'documents:write', creates: true };
export const getDocument: Operation = { id: 'getDocument', method: 'GET', ability: 'documents:read', creates: false };
export const listDocumentExtractions: Operation = {
  id: 'listDocumentExtractions',
  method: 'GET',
  ability: 'documents:read',
  creates: false,
};
