import type { ExdataLink } from '../link.entity.js';

/** What a hold or a limit was seen at. */
export interface Sighting {
  readonly document: Pick<ExdataLink, 'account'> &
    Partial<Pick<ExdataLink, 'id' | 'sourceType' | 'sourceId' | 'exdataId'>>;
  readonly code: string;
  readonly requestId: string | null;
  /** Of the token that was refused, under a key; null where it is not known. */
  readonly tokenPrint?: (key: string) => string | null;
}
