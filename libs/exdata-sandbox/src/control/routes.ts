import type { ZodType } from 'zod';
import { VirtualClock } from '../clock/virtual-clock.js';
import type { SandboxDocument } from '../documents/document.js';
import { configSchema, type Config } from './config-schema.js';
import type { Controls } from './controls.js';
import * as schemas from './schemas.js';

/** What one request does. */
export interface ControlRoute {
  readonly method: string;
  /** Below the prefix; the first group is an id. */
  readonly path: RegExp;
  readonly run: (body: unknown, id: string, query: URLSearchParams) => unknown;
}

const { nothingSchema: nothing } = schemas;

/** Everything that the routes can do, by what it is done to. */
export function controlRoutes(sandbox: Controls): readonly ControlRoute[] {
  return [
    ...journalRoutes(sandbox),
    ...accountRoutes(sandbox),
    ...documentRoutes(sandbox),
    ...webhookRoutes(sandbox),
    ...faultRoutes(sandbox),
    ...settingRoutes(sandbox),
  ];
}

function journalRoutes({ journal }: Controls): ControlRoute[] {
  return [
    route('GET', /^journal$/, nothing, (_, __, query) => {
      const after = Number(query.get('after') ?? 0);
      return journal.all().filter(({ seq, kind }) => seq > after && (query.get('kind') ?? kind) === kind);
    }),
    route('POST', /^journal\/wait$/, schemas.waitSchema, ({ match, after, timeoutMs }) =>
      journal.waitFor((entry) => entry.seq > after && agrees(entry, match), { timeoutMs }),
    ),
    route('DELETE', /^journal$/, nothing, () => journal.clear()),
  ];
}

function accountRoutes({ accounts }: Controls): ControlRoute[] {
  return [
    route('GET', /^accounts$/, nothing, () => accounts.list()),
    route('POST', /^accounts$/, schemas.accountSchema, (account) => accounts.add(account)),
    route('POST', /^accounts\/([\w-]+)\/tokens$/, schemas.tokenSchema, (token, id) => accounts.addToken(id, token)),
    route('POST', /^accounts\/([\w-]+)\/top-up$/, schemas.topUpSchema, ({ credits }, id) => ({
      credits: accounts.topUp(id, credits),
    })),
    route('POST', /^tokens\/abilities$/, schemas.abilitiesSchema, ({ token, abilities }) =>
      accounts.setAbilities(token, abilities),
    ),
    route('POST', /^tokens\/revoke$/, schemas.revokeSchema, ({ token }) => ({ revoked: accounts.revokeToken(token) })),
  ];
}

function documentRoutes({ documents, webhooks }: Controls): ControlRoute[] {
  return [
    route('GET', /^documents$/, nothing, () => documents.list()),
    route('POST', /^documents\/(\d+)\/finish$/, schemas.finishSchema, ({ outcome, patch }, id) =>
      documents.finish(Number(id), outcome, patch),
    ),
    route('POST', /^documents\/(\d+)\/patch$/, schemas.patchSchema, ({ patch }, id) =>
      documents.patch(Number(id), patch),
    ),
    route('POST', /^documents\/(\d+)\/rerun$/, nothing, (_, id) => documents.rerun(Number(id))),
    route('POST', /^documents\/(\d+)\/deliver$/, schemas.deliveryOverrideSchema, (override, id) =>
      webhooks.deliver(Number(id), override),
    ),
    route('POST', /^outcomes$/, schemas.scriptedOutcomeSchema, ({ match, outcome, ...which }) => {
      documents.setOutcome(outcome, { ...which, match: (document) => agrees(uploadFacts(document), match) });
    }),
    route('POST', /^patches$/, schemas.scriptedPatchSchema, ({ match, patch, ...which }) => {
      documents.setPatch(patch, { ...which, match: (document) => agrees(uploadFacts(document), match) });
    }),
    route('DELETE', /^outcomes$/, nothing, () => documents.clear()),
  ];
}

function webhookRoutes({ webhooks }: Controls): ControlRoute[] {
  return [
    route('GET', /^deliveries$/, nothing, () => webhooks.deliveries()),
    route('POST', /^deliveries$/, schemas.messageSchema, ({ override, ...message }) =>
      webhooks.send(message, override),
    ),
    route('POST', /^deliveries\/([\w-]+)\/replay$/, nothing, (_, id) => webhooks.replay(id)),
    route('GET', /^endpoints$/, nothing, () => webhooks.endpoints()),
    route('POST', /^endpoints$/, schemas.endpointSchema, (endpoint) => webhooks.addEndpoint(endpoint)),
    route('POST', /^endpoints\/(\w+)\/rotate$/, schemas.rotateSchema, ({ secret }, id) => ({
      secret: webhooks.rotateSecret(id, secret),
    })),
    route('DELETE', /^endpoints\/(\w+)$/, nothing, (_, id) => webhooks.removeEndpoint(id)),
  ];
}

function faultRoutes({ faults }: Controls): ControlRoute[] {
  return [
    route('POST', /^faults\/requests$/, schemas.requestFaultSchema, ({ match, fault, ...which }) => {
      faults.request(fault, { ...which, match: (facts) => agrees(facts, match) });
    }),
    route('POST', /^faults\/deliveries$/, schemas.deliveryFaultSchema, ({ match, fault, ...which }) => {
      faults.delivery(fault, { ...which, match: (facts) => agrees(facts, match) });
    }),
    route('POST', /^faults\/release$/, nothing, () => ({ released: faults.release() })),
    route('DELETE', /^faults$/, nothing, () => faults.clear()),
  ];
}

function settingRoutes(sandbox: Controls): ControlRoute[] {
  const { clock, readings } = sandbox;
  return [
    route('GET', /^config$/, nothing, () => readings),
    route('POST', /^config$/, configSchema, (config) => {
      configure(sandbox, config);
      return readings;
    }),
    route('GET', /^clock$/, nothing, () => ({ now: clock.now(), virtual: clock instanceof VirtualClock })),
    route('POST', /^clock\/advance$/, schemas.advanceSchema, async ({ ms }) => {
      if (!(clock instanceof VirtualClock))
        throw new Error('The simulator runs on the machine’s clock: start it with a virtual one.');
      await clock.advance(ms);
      return { now: clock.now() };
    }),
  ];
}

function configure({ accounts, documents, rates, readings }: Controls, config: Config): void {
  if (config.processingMs !== undefined) documents.setProcessing(config.processingMs);
  for (const [account, credits] of Object.entries(config.credits ?? {})) accounts.setCredits(account, credits);
  for (const [account, limit] of Object.entries(config.dailyTestUploads ?? {}))
    accounts.setDailyTestUploads(account, limit);
  const { token, account, failedAuthentication } = rates.limits;
  rates.limits = {
    token: config.rates?.token ?? token,
    account: config.rates?.account ?? account,
    failedAuthentication: config.rates?.failedAuthentication ?? failedAuthentication,
  };
  Object.assign(readings, config.readings);
}

function route<T>(
  method: string,
  path: RegExp,
  schema: ZodType<T>,
  run: (body: T, id: string, query: URLSearchParams) => unknown,
): ControlRoute {
  return { method, path, run: (body, id, query) => run(schema.parse(body), id, query) };
}

function uploadFacts({ account, file, requester, idempotencyKey }: SandboxDocument): Record<string, unknown> {
  return { account, filename: file.filename, sha256: file.sha256, requester, idempotencyKey };
}

/** Whether all the wanted facts are as wanted. */
function agrees(facts: object, wanted: Readonly<Record<string, unknown>> = {}): boolean {
  return Object.entries(wanted).every(([name, value]) => value === undefined || Reflect.get(facts, name) === value);
}
