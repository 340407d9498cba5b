import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PublishCascade, cascadeAggregate } from '#domain/cascade/decide.ts';
import { type CascadeEvent, CascadeModels } from '#domain/cascade/events.ts';
import { shippedCascades } from '#domain/cascade/shipped-cascades.ts';
import type { CascadeId, ModelId } from '#domain/ids.ts';
import { shippedModels } from '#domain/model/shipped-models.ts';
import { given, operator, principal } from '#test/support/given.ts';

const cascadeId = 'converse' as CascadeId;
const models = ['gpt-test', 'offline'] as ModelId[];
const publish: PublishCascade = {
  type: 'PublishCascade',
  cascadeId,
  models,
  unknownModel: undefined,
};
const by = { principal: operator };
const published = (version: number, tried = models): CascadeEvent => ({
  type: 'CascadePublished',
  data: { cascadeId, version, models: tried },
});
const { decider } = cascadeAggregate;

test('a cascade is published in versions, and the same order once more is nothing', () => {
  given(decider).when(publish, by).happens(published(1));
  given(decider).when(publish, by).twice();
  const turned = models.toReversed();
  given(decider, published(1))
    .when({ ...publish, models: turned }, by)
    .happens(published(2, turned));
});

test('a cascade with a model that is not there is refused', () => {
  given(decider)
    .when({ ...publish, unknownModel: models[0] }, by)
    .isRejected('model/not-found');
});

test('only the operator publishes cascades', () => {
  given(decider)
    .when(publish, { principal: principal('olivia', 'owner') })
    .isRejected('right/missing');
});

test('a cascade tries one model at least, and none twice', () => {
  for (const wrong of [[], ['offline', 'offline']])
    assert.ok(!CascadeModels.safeParse(wrong).success);
});

test('the shipped cascades are of shipped models; offline comes last', () => {
  const known = new Set(shippedModels.map(({ modelId }) => modelId));
  const providerOf = (model: ModelId | undefined) =>
    shippedModels.find(({ modelId }) => modelId === model)?.settings.provider;
  for (const { models } of shippedCascades) {
    assert.ok(
      models.every((model) => known.has(model)),
      models.join(),
    );
    assert.ok(CascadeModels.safeParse(models).success);
    assert.equal(models.at(-1), 'offline');
  }
  const first = Object.fromEntries(
    shippedCascades.map(({ cascadeId, models }) => [cascadeId, providerOf(models[0])]),
  );
  assert.equal(first['converse'], 'openai');
  assert.equal(first['draft'], 'anthropic');
});
