import { expect, it } from 'vitest';
import { glance, meaningOf } from './sip';

it('sees what a request is', () => {
  const invite =
    'INVITE sip:201@10.0.0.2 SIP/2.0\r\nCSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=- 1 1 IN IP4 10.0.0.1\r\n';
  expect(glance(invite)).toEqual({
    method: 'INVITE',
    status: null,
    title: 'INVITE',
    about: 'sip:201@10.0.0.2',
    sdp: true,
  });
});

it('sees what a response is about', () => {
  expect(glance('SIP/2.0 180 Ringing\r\nCSEQ : 7 INVITE\r\n\r\n')).toMatchObject({
    status: 180,
    title: '180 Ringing',
    about: 'INVITE',
    sdp: false,
  });
  expect(glance('SIP/2.0 200\r\n\r\n').title).toBe('200');
});

it('takes whatever comes', () => {
  for (const text of ['', '\r\n', 'SIP/2.0 abc', '\u0000\u0001', 'GET / HTTP/1.1']) {
    expect(glance(text)).toMatchObject({ method: null, status: null });
  }
});

it('takes a challenge and a cancelled call for no failure', () => {
  const meaning = (status: number) => meaningOf(glance(`SIP/2.0 ${status} X`));
  expect([100, 183, 200, 302, 401, 407, 487, 404, 488, 503, 603].map(meaning)).toEqual([
    ...['progress', 'progress', 'success', 'pending', 'pending', 'pending', 'pending'],
    ...['failure', 'failure', 'failure', 'failure'],
  ]);
  expect(meaningOf(glance('BYE sip:a SIP/2.0'))).toBe('request');
});
