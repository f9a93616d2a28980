/** Field -> what is wrong with it. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** A request that fails by the contract; it is answered in exdata's error envelope. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Laid over the envelope. */
    readonly extra: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  /** 422 with the faults of each field. */
  static validation(errors: FieldErrors): ApiProblem {
    return new ApiProblem(422, 'validation_failed', Object.values(errors)[0]?.[0] ?? 'The given data was invalid.', {
      errors,
    });
  }

  static notFound(what = 'Not found.'): ApiProblem {
    return new ApiProblem(404, 'not_found', what);
  }
}
