import type { ModulesContainer } from '@nestjs/core';
import { EXDATA_OPTIONS } from '../config/index.js';
import { ExdataUploadService } from '../uploads/index.js';

type NestModule = ModulesContainer extends Map<string, infer Each> ? Each : never;

/** The modules that hold the whole of exdata; an application may have one. */
export function coresIn(container: ModulesContainer): NestModule[] {
  return [...container.values()].filter(({ providers }) => providers.has(EXDATA_OPTIONS));
}

/** What hosts import: the modules that hand on what a core holds. */
export function facesIn(container: ModulesContainer): NestModule[] {
  return [...container.values()].filter((each) => isFace(each) && !each.providers.has(EXDATA_OPTIONS));
}

/** The host's modules that a module of ours was imported by, such as `BillingModule (ExdataTestModule)`. */
export function importersOf(imported: NestModule, container: ModulesContainer): string[] {
  const importers = [...container.values()].filter((each) => explicitImportsOf(each).includes(imported));
  const via = isFace(imported) && imported.metatype.name !== 'ExdataModule' ? ` (${imported.metatype.name})` : '';
  return importers.flatMap((each) => (isFace(each) ? importersOf(each, container) : [each.metatype.name + via]));
}

function isFace({ providers }: NestModule): boolean {
  return providers.has(ExdataUploadService);
}

/** The host's classes and factories that inject what the token stands for, by name. */
export function injectorsOf(token: symbol, container: ModulesContainer): string[] {
  const wrappers = [...container.values()].flatMap(({ providers, controllers, injectables }) => [
    ...providers.values(),
    ...controllers.values(),
    ...injectables.values(),
  ]);
  return wrappers
    .filter(({ metatype, inject }) => (inject ?? dependenciesOf(metatype)).some((each) => each === token))
    .map(({ name }) => String(name));
}

/** What `@Inject` has written down for constructors and properties; Nest has no other way to ask. */
function dependenciesOf(metatype: unknown): unknown[] {
  if (typeof metatype !== 'function') return [];
  const parameters = Reflect.getMetadata('self:paramtypes', metatype) as { param: unknown }[] | undefined;
  const properties = Reflect.getMetadata('self:properties_metadata', metatype) as { type: unknown }[] | undefined;
  return [...(parameters ?? []).map(({ param }) => param), ...(properties ?? []).map(({ type }) => type)];
}

/** What a module itself imports: Nest adds the global modules, its own core first, to the imports of all. */
function explicitImportsOf({ imports }: NestModule): NestModule[] {
  const all = [...imports];
  const core = all.findIndex(({ metatype }) => metatype.name === 'InternalCoreModule');
  return core === -1 ? all : all.slice(0, core);
}
