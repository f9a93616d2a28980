import { ConsoleLogger, type LogLevel } from '@nestjs/common';

/**
 * Nest's logger, with errors on standard output too: whoever collects the lines finds them in one stream and in order.
 */
class StdoutLogger extends ConsoleLogger {
  protected override printMessages(
    messages: unknown[],
    context?: string,
    level?: LogLevel,
    _stream?: 'stdout' | 'stderr',
    stack?: unknown,
    params?: Record<string, unknown>,
  ): void {
    super.printMessages(messages, context, level, 'stdout', stack, params);
  }
}

/** One JSON object a line, or lines for a person at a terminal. */
export function createLogger(format: 'json' | 'text'): ConsoleLogger {
  return new StdoutLogger({ json: format === 'json', colors: format === 'text' });
}
