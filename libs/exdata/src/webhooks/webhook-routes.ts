/** Metadata of the controller's route: the path it was registered with, by which its adapter's routes are told apart from the host's. */
export const webhookRoute = 'exdata:webhook_route';

/**
 * Where the webhook's controller is really bound, with the host's prefixes and versions. Learnt from Nest as it binds the routes,
 * so that a route of the host that merely looks alike is never touched.
 */
export class WebhookRoutes {
  readonly #paths = new Set<string>();
  readonly #patterns: RegExp[] = [];

  /** Takes a route such as `/api/webhooks/exdata/:account`. */
  learn(path: string): void {
    if (this.#paths.has(path)) return;
    this.#paths.add(path);
    const segments = path.split('/').map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')));
    // Express matches without regard to case, with or without a slash at the end.
    this.#patterns.push(new RegExp(`^${segments.join('/').replace(/\/$/, '')}/?$`, 'i'));
  }

  /** Whether the route is one of them, named as it was bound. */
  has(path: string | undefined): boolean {
    return path !== undefined && this.#paths.has(path);
  }

  /** Whether a request for this path ends in one of them. */
  lead(pathname: string): boolean {
    return this.#patterns.some((pattern) => pattern.test(pathname));
  }
}
