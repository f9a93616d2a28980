/** What may be wrong, or just different, about one delivery. Nothing set: it goes out as exdata would send it. */
export interface DeliveryOverride {
  /** `X-Delivery`. */
  readonly id?: string | undefined;
  /** `X-Timestamp`, seconds since the epoch. */
  readonly timestamp?: number | undefined;
  /** Seconds added to `X-Timestamp`: -301 is a delivery of five minutes ago, 61 one from the future. */
  readonly timestampShift?: number | undefined;
  /** `X-Event`; the body keeps its own. */
  readonly event?: string | undefined;
  /** The body, signed as it stands here. */
  readonly body?: string | undefined;
  /** Signed with this secret instead of the endpoint's. */
  readonly secret?: string | undefined;
  /** Sent instead of the right signature; `null` leaves the header out. */
  readonly signature?: string | null | undefined;
  /** Laid over all headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Only so many bytes of the body are sent, under the whole body's signature. */
  readonly truncateTo?: number | undefined;
  /** The JSON is written anew with other white space, under the signature of the original. */
  readonly reserialise?: boolean | undefined;
  /** Put after the body, under the signature of the original: a newline, say. */
  readonly append?: string | undefined;
  /** This bit of the body, from 0, is turned over after it was signed. */
  readonly flipBit?: number | undefined;
  /** The connection is closed after so many bytes of the body, of which `Content-Length` had promised all. */
  readonly cutAfter?: number | undefined;
}

export interface Copies {
  /** How often it arrives, all at once over up to 500 connections; 1 by default. */
  readonly copies?: number | undefined;
}

/** What happens to a delivery on its way. */
export interface DeliveryFault extends DeliveryOverride, Copies {
  /** It is lost, and exdata thinks that it arrived: no retry. */
  readonly drop?: boolean | undefined;
  /** Milliseconds on the simulator's clock before it is sent. */
  readonly delayMs?: number | undefined;
  /** It is sent right after the next delivery to any endpoint was. */
  readonly afterNext?: boolean | undefined;
}
