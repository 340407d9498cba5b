import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { DocumentDeps } from '#api/document-deps.ts';
import { changeDocuments } from './change.ts';
import { createDocument } from './create.ts';
import { documentHistory } from './history.ts';
import { readDocuments } from './read.ts';
import { undoDocuments } from './undo.ts';

export const documentRoutes =
  (documents: DocumentDeps): FastifyPluginAsyncZod =>
  async (app) => {
    await app.register(createDocument(documents));
    await app.register(readDocuments(documents));
    await app.register(changeDocuments(documents));
    await app.register(undoDocuments(documents));
    await app.register(documentHistory(documents));
  };
