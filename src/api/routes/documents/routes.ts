import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { CommentDeps } from '#api/comments.ts';
import type { DocumentDeps } from '#api/document-deps.ts';
import type { SuggestionDeps } from '#api/suggestions.ts';
import { blameDocuments } from './blame.ts';
import { documentBranchRoutes } from './branches.ts';
import { changeDocuments } from './change.ts';
import { documentComments } from './comments.ts';
import { createDocument } from './create.ts';
import { documentHistory } from './history.ts';
import { readDocuments } from './read.ts';
import { undoDocuments } from './undo.ts';
import { documentSuggestions } from './suggestions.ts';

export const documentRoutes =
  ({
    documents,
    comments,
    suggestions,
  }: {
    readonly documents: DocumentDeps;
    readonly comments: CommentDeps;
    readonly suggestions: SuggestionDeps;
  }): FastifyPluginAsyncZod =>
  async (app) => {
    await app.register(createDocument(documents));
    await app.register(readDocuments(documents));
    await app.register(changeDocuments(documents));
    await app.register(undoDocuments(documents));
    await app.register(documentHistory(documents));
    await app.register(documentComments(comments));
    await app.register(documentSuggestions(suggestions));
    await app.register(blameDocuments(documents));
    await app.register(documentBranchRoutes(documents));
  };
