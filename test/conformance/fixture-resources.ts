/** Fixture resources. */
import type { ReadResourceResult, Resource, ResourceTemplateType } from '@modelcontextprotocol/server';
import { PIXEL } from './fixture.ts';

interface FixtureResource {
  readonly listed: Resource;
  readonly content: { readonly text: string } | { readonly blob: string };
}

const WATCHED: Resource = {
  uri: 'test://watched-resource',
  name: 'Watched',
  description: 'May be subscribed to',
  mimeType: 'text/plain',
};

const RESOURCES: readonly FixtureResource[] = [
  {
    listed: { uri: 'test://static-text', name: 'Text', description: 'A text', mimeType: 'text/plain' },
    content: { text: 'This is the content of the static text resource.' },
  },
  {
    listed: { uri: 'test://static-binary', name: 'Picture', description: 'A picture', mimeType: 'image/png' },
    content: { blob: PIXEL },
  },
  { listed: WATCHED, content: { text: 'Watched resource content' } },
];

export const TEMPLATES: readonly ResourceTemplateType[] = [
  {
    uriTemplate: 'test://template/{id}/data',
    name: 'Data by id',
    description: 'Holds the id',
    mimeType: 'application/json',
  },
];

/** As `resources/list` shows them. */
export function listedResources(): Resource[] {
  return RESOURCES.map(({ listed }) => listed);
}

/** What `resources/read` answers; undefined where there is no such resource. */
export function readResource(uri: string): ReadResourceResult | undefined {
  const found = RESOURCES.find(({ listed }) => listed.uri === uri);
  if (found !== undefined) return { contents: [{ uri, mimeType: found.listed.mimeType, ...found.content }] };
  const [, id] = /^test:\/\/template\/([^/]+)\/data$/.exec(uri) ?? [];
  if (id === undefined) return undefined;
  const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return { contents: [{ uri, mimeType: 'application/json', text }] };
}
