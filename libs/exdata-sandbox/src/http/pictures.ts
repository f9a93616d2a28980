import type { DocumentStore } from '../documents/document-store.js';
import type { SandboxDocument } from '../documents/document.js';
import { pagePicture } from '../documents/picture.js';
import type { Readings } from '../readings.js';
import { ApiProblem } from './problem.js';
import type { Reply } from './reply.js';

/** Thumbnails, previews, and where they are redirected to. */
export class Pictures {
  constructor(
    private readonly store: DocumentStore,
    private readonly readings: Readings,
  ) {}

  /** The list of a document's previews, in the shape of the reading. */
  list(document: SandboxDocument, origin: string): Reply {
    const numbers = this.isReady(document)
      ? Array.from({ length: this.readings.previews }, (_, index) => index + 1)
      : [];
    const items = numbers.map((number) => {
      const id = writePreviewId(document.id, number, this.readings);
      const shapes = {
        objects: { id, page: number, content_type: 'image/png' },
        urls: { page: number, url: `${origin}/api/v1/previews/${id}` },
        ids: id,
      };
      return shapes[this.readings.previewList];
    });
    return { status: 200, body: { data: items }, documentId: document.id };
  }

  /** @param number of the page, from 1 @throws {ApiProblem} 404 while there is none */
  show(document: SandboxDocument, number: number, origin: string): Reply {
    if (number < 1 || number > this.readings.previews || !this.isReady(document))
      throw ApiProblem.notFound('There is no such picture.');
    if (this.readings.pictures === 'direct') return picture(document, number);
    const location = `${this.readings.pictureOrigin ?? origin}/files/${document.id}/${number}.png`;
    return { status: 302, headers: { Location: location }, documentId: document.id };
  }

  /**
   * The other end of a redirect: a picture behind an address that needs no token. undefined: the path is none of these.
   */
  serve(path: string): Reply | undefined {
    const [, id, number] = /^\/files\/(\d{1,15})\/(\d)\.png$/.exec(path) ?? [];
    const document = id === undefined ? undefined : this.store.get(Number(id));
    return document && picture(document, Number(number));
  }

  private isReady({ status }: SandboxDocument): boolean {
    return status === 'completed' || this.readings.picturesBeforeCompletion === 'ready';
  }
}

function picture({ id, file }: SandboxDocument, number: number): Reply {
  return {
    status: 200,
    headers: { 'Content-Type': 'image/png' },
    body: pagePicture(file.sha256, number),
    documentId: id,
  };
}

function writePreviewId(documentId: number, number: number, readings: Readings): number | string {
  const id = documentId * 10 + number;
  return readings.previewId === 'string' ? `prv_${id}` : id;
}

/** @returns the document and the page that a preview's id stands for */
export function parsePreviewId(text: string): { readonly documentId: string; readonly number: number } {
  const [, documentId = '', number = ''] = /^(?:prv_)?(\d{1,15})(\d)$/.exec(text) ?? [];
  return { documentId, number: Number(number) };
}
