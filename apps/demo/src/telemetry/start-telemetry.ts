type Environment = Readonly<Record<string, string | undefined>>;

const exporterVariable = /^OTEL_(?:EXPORTER_OTLP_(?:\w+_)?ENDPOINT|(?:TRACES|METRICS|LOGS)_EXPORTER)$/;

/**
 * Starts OpenTelemetry when its own variables say where to send to; otherwise loads nothing. To be called before the
 * application exists.
 * @returns what flushes and ends it
 */
export async function startTelemetry(environment: Environment): Promise<() => Promise<void>> {
  const isAsked = Object.entries(environment).some(([name, value]) => exporterVariable.test(name) && value);
  if (!isAsked || environment.OTEL_SDK_DISABLED === 'true') return () => Promise.resolve();
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ serviceName: environment.OTEL_SERVICE_NAME ?? 'exdata-demo' });
  sdk.start();
  return () => sdk.shutdown();
}
