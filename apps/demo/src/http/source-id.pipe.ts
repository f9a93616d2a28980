import { Injectable, type PipeTransform } from '@nestjs/common';
import { ApiError } from './api-error.js';

/** What a source id of this host may be: one or two dots would be taken for folders in its address. */
export const sourceIdPattern = /^(?!\.{1,2}$)[^\p{C}]{1,200}$/u;

/** Answers 404 for what cannot be a source id, and keeps it from databases that would choke on it. */
@Injectable()
export class SourceIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!sourceIdPattern.test(value)) throw ApiError.notFound('source id');
    return value;
  }
}
