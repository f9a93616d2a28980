import { Injectable } from '@nestjs/common';
import { Writes } from '../dispatch/index.js';
import { ExdataLink } from '../documents/index.js';
import type { ExdataSource } from '../documents/index.js';
import { Inject } from '../injection/index.js';
import { IntakeWatch } from './intake-watch.js';
import { ProgressReports } from './progress-reports.js';
import type { ExdataSubmit } from './upload-input.js';
import type { TakenFile } from './upload-intake.js';
import { UploadIntake } from './upload-intake.js';

/** Takes files for rows that are yet to be made, and drops those that no row needs after all. */
@Injectable()
export class FileTaking {
  constructor(
    @Inject(UploadIntake) private readonly intake: UploadIntake,
    @Inject(ProgressReports) private readonly progress: ProgressReports,
    @Inject(IntakeWatch) private readonly watch: IntakeWatch,
    @Inject(Writes) private readonly writes: Writes,
  ) {}

  /**
   * Takes the file of the row `id`, which `register` makes.
   * @param isNeeded whether the file is needed once that has succeeded
   */
  async take<T>(
    id: string,
    input: ExdataSubmit,
    register: (taken: TakenFile) => Promise<T>,
    isNeeded: (registered: T) => boolean = () => true,
  ): Promise<T> {
    const taken = await this.intake.take(id, input);
    this.watch.took(taken);
    if (input.onProgress) this.progress.watch(id, input.onProgress);
    try {
      const registered = await register(taken);
      if (!isNeeded(registered)) await this.#drop(id, taken);
      return registered;
    } catch (error) {
      if (await this.#mayBeCommitted(id)) this.intake.leave(taken);
      else await this.#drop(id, taken);
      throw error;
    }
  }

  /** What the document's file is called under another name. */
  rename(document: ExdataLink, filename: string): string {
    return this.intake.rename(document, filename);
  }

  /** Where `work` fails for a fault of ours, its caller is given an error that says when to come again. */
  async watched<T>(source: ExdataSource, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.watch.told(error, source);
    }
  }

  async #drop(id: string, taken: TakenFile): Promise<void> {
    this.progress.forget(id);
    await this.intake.drop(taken);
  }

  /** A commit whose answer was lost has committed all the same; without its bytes the row would be worth nothing. */
  #mayBeCommitted(id: string): Promise<boolean> {
    return this.writes.run(({ manager }) => manager.existsBy(ExdataLink, { id })).catch(() => true);
  }
}
