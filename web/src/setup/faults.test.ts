import { expect, it } from 'vitest';
import { Problem } from '../protocol/http';
import { faultsOf } from './api';

it('puts what is wrong beside its field, and the rest below', () => {
  const fault = (pointer: string) => ({ pointer, code: 'required', detail: pointer });
  const problem = new Problem('internal', 422, 'wrong', [
    fault('/line/user_name'),
    fault('/phones/business'),
    fault('/x'),
  ]);
  const found = faultsOf(
    problem,
    ({ detail }) => detail,
    () => 'why',
    ['user_name', 'phones'],
  );
  expect(found).toEqual({ user_name: '/line/user_name', phones: '/phones/business', '': '/x' });
  expect(
    faultsOf(
      new Error(),
      () => '',
      () => 'why',
      [],
    ),
  ).toEqual({ '': 'why' });
});
