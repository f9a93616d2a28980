/**
 * Metadata of the controller's route: the path it was registered with, by which its adapter's routes are told apart
 * from the host's.
 */
export const webhookRoute = 'exdata:webhook_route';

/** What is asked of a request of Fastify to know its route. */
export interface RouteOfFastify {
  readonly method: string;
  readonly routeOptions?: { readonly url?: string };
}

/**
 * Where the webhook's controller is really bound, with the host's prefixes and versions. Learnt from Nest as it binds
 * the routes, so that a route of the host that merely looks alike is never touched.
 */
export class WebhookRoutes {
  readonly #paths = new Set<string>();
  readonly #patterns: RegExp[] = [];

  /** As they were bound, such as `/api/webhooks/exdata` and `/api/webhooks/exdata/:account`. */
  get paths(): readonly string[] {
    return [...this.#paths];
  }

  /** Takes a route such as `/api/webhooks/exdata/:account`. */
  learn(path: string): void {
    if (this.#paths.has(path)) return;
    this.#paths.add(path);
    const segments = path
      .split('/')
      .map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')));
    // Express matches without regard to case, with or without a slash at the end.
    this.#patterns.push(new RegExp(`^${segments.join('/').replace(/\/$/, '')}/?$`, 'i'));
  }

  /** Whether a request of Fastify has come to one of them. */
  take({ method, routeOptions }: RouteOfFastify): boolean {
    return method === 'POST' && routeOptions?.url !== undefined && this.#paths.has(routeOptions.url);
  }

  /** Whether a request for this path ends in one of them. */
  lead(pathname: string): boolean {
    return this.#patterns.some((pattern) => pattern.test(pathname));
  }
}
