import { expect, it } from 'vitest';
import { agentOf } from './agent';

it('tells browsers apart, which all say that they are others, too', () => {
  const gecko = 'Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0';
  const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
  expect(agentOf(gecko)).toEqual({ name: 'Firefox 149', system: 'Linux' });
  expect(agentOf(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/150.0.0.0 Safari/537.36`)).toEqual({
    name: 'Chrome 150',
    system: 'Windows',
  });
  expect(agentOf(`Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/150.0.0.0 Safari/537.36 Edg/150.0.1`)).toEqual({
    name: 'Edge 150',
    system: 'Windows',
  });
  expect(
    agentOf(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.1 Mobile/15E148 Safari/604.1',
    ),
  ).toEqual({ name: 'Safari 18', system: 'iOS' });
});

it('calls programs what they call themselves, and not too long', () => {
  expect(agentOf('curl/8.5.0')).toEqual({ name: 'curl 8.5.0', system: '' });
  expect(agentOf('x'.repeat(300))?.name).toHaveLength(60);
  expect(agentOf(' ')).toBeNull();
});
