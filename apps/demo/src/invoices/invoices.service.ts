import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  EXDATA_MODE,
  type ExdataMode,
  type ExdataDocumentState,
  type ExdataLink,
  ExdataDocumentService,
  ExdataInputError,
  ExdataUploadService,
} from 'nestjs-exdata';
import { type DataSource, In } from 'typeorm';
import { DraftBill } from '../bills/draft-bill.entity.js';
import { ReviewItem } from '../reviews/review-item.entity.js';
import { type Attention, attentionTo, statesBeforeExdata, statesForPerson } from './attention.js';
import type { ListQuery } from './list-query.js';
import { type InvoiceView, presentInvoice } from './present-invoice.js';

/** What the host calls the things whose documents go to exdata. */
const sourceType = 'invoice';

const newestOfState = 50;

export interface InvoiceUpload {
  readonly sourceId: string;
  /** A path, or the bytes. */
  readonly file: string | Uint8Array;
  readonly filename: string;
  readonly locale?: string | undefined;
}

/** Invoices as this host sees them: sent through the module, shown with what became of them. */
@Injectable()
export class InvoicesService {
  constructor(
    private readonly uploads: ExdataUploadService,
    private readonly documents: ExdataDocumentService,
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
  ) {}

  /** Throws what {@link ExdataUploadService.submit} throws. */
  async submit({
    sourceId,
    file,
    filename,
    locale,
  }: InvoiceUpload): Promise<{ invoice: InvoiceView; created: boolean }> {
    const source = { type: sourceType, id: sourceId };
    const { link, created } = await this.uploads.submit({
      source,
      file,
      filename,
      ...(locale !== undefined && { locale }),
    });
    const [invoice] = await this.#present([link]);
    if (!invoice) throw new Error('a submitted invoice can always be shown');
    return { invoice, created };
  }

  async find(sourceId: string): Promise<InvoiceView | null> {
    const link = await this.documents.findBySource({ type: sourceType, id: sourceId }).catch((error: unknown) => {
      // Nothing can have been submitted under an id that cannot be one.
      if (error instanceof ExdataInputError) return null;
      throw error;
    });
    const [invoice] = await this.#present(link ? [link] : []);
    return invoice ?? null;
  }

  /** The newest first. */
  async list({ state, after, limit }: ListQuery): Promise<{ data: InvoiceView[]; next: string | null }> {
    const page = await this.documents.list({
      sourceType,
      limit,
      ...(state !== undefined && { state }),
      ...(after !== undefined && { after }),
    });
    return { data: await this.#present(page.data), next: page.next };
  }

  /** What somebody should know of: the newest of each state. */
  async attention(): Promise<Attention> {
    const inStates = async (states: readonly ExdataDocumentState[]) => {
      const pages = await Promise.all(states.map((state) => this.list({ state, limit: newestOfState })));
      return pages.flatMap(({ data }) => data);
    };
    return attentionTo(await inStates(statesForPerson), await inStates(statesBeforeExdata));
  }

  /**
   * The newest that were submitted in the other mode: nothing is done about them here, and nobody but whoever is on
   * duty sees them.
   */
  async leftToOtherMode(): Promise<readonly ExdataLink[]> {
    const mode = this.mode === 'live' ? 'test' : 'live';
    return (await this.documents.list({ mode, sourceType, limit: newestOfState })).data;
  }

  async #present(links: readonly ExdataLink[]): Promise<InvoiceView[]> {
    const drafted = { mode: this.mode, sourceId: In(links.map((link) => link.sourceId)) };
    const [bills, reviews, histories] = await Promise.all([
      this.dataSource.manager.findBy(DraftBill, drafted),
      this.dataSource.manager.findBy(ReviewItem, drafted),
      Promise.all(links.map((link) => this.documents.history({ type: sourceType, id: link.sourceId }))),
    ]);
    const billOf = new Map(bills.map((bill) => [bill.sourceId, bill]));
    const reviewOf = new Map(reviews.map((review) => [review.sourceId, review]));
    return links.map((link, index) =>
      presentInvoice(
        link,
        histories[index] ?? [],
        billOf.get(link.sourceId) ?? null,
        reviewOf.get(link.sourceId) ?? null,
      ),
    );
  }
}
