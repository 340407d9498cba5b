import { test } from 'node:test';
import { budgetAggregate } from '#domain/budget/decide.ts';
import { given } from '#test/support/given.ts';

const { decider } = budgetAggregate;
const began = (epoch: string, after: string) =>
  ({ type: 'EpochBegan', data: { epoch, after } }) as const;
const begin = (epoch: string, after: string) => ({ type: 'BeginEpoch', epoch, after }) as const;

test('an epoch begins after the last one that is known', () => {
  given(decider).when(begin('one', '')).happens(began('one', ''));
  given(decider, began('one', '')).when(begin('two', 'one')).happens(began('two', 'one'));
  given(decider).when(begin('one', '')).twice();
});

test('whoever slept while another epoch began changes nothing', () => {
  given(decider, began('one', ''), began('two', 'one'))
    .when(begin('three', 'one'))
    .nothingHappens();
});
