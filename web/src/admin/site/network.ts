/** Interfaces and certificates: how they stand, and where a browser finds them. */
import type {
  AcmeSettings,
  CertificateSource,
  CertificateStates,
  InterfaceObject,
  InterfaceStates,
  SipInterfaces,
} from '../../generated/site';
import { get, parsed, request } from '../../protocol/http';
import { sent, urlOf } from '../parts/rest';
import { urlOfObject } from './objects';

const INTERFACES = '/api/v1/admin/interfaces';
export const CERTIFICATES = '/api/v1/admin/certificates';

export const interfaceStates = () => get<InterfaceStates>(`${INTERFACES}/states`);
export const sipInterfaces = () => get<SipInterfaces>(`${INTERFACES}/sip`);
export const certificateStates = () => get<CertificateStates>(`${CERTIFICATES}/states`);

/** Keeps a change that would be undone. */
export async function confirmInterfaces(): Promise<void> {
  await request(`${INTERFACES}/confirm`, { method: 'POST' });
}

/** What is sent for a certificate. */
export interface CertificateBody {
  name: string;
  source: CertificateSource;
  names?: readonly string[];
  pem?: string;
  key?: string;
  /** A PKCS#12 file, in base64. */
  pkcs12?: string;
  password?: string;
  renew?: boolean;
  acme?: AcmeSettings;
}

export async function makeCertificate(body: CertificateBody): Promise<string> {
  const made = await request(CERTIFICATES, { method: 'POST', ...sent(body) });
  return parsed<{ id: string }>(made).id;
}

export async function replaceCertificate(id: string, tag: string, body: CertificateBody): Promise<void> {
  await request(urlOfObject('certificates', id), { method: 'PUT', ...sent(body, { 'if-match': tag }) });
}

export const chainUrl = (id: string) => `${urlOf(CERTIFICATES, id)}/chain`;

/** Where a browser that is at `here` finds an interface. */
export function placeOf({ address, port, mode }: InterfaceObject, here: string): string {
  const own = address === '0.0.0.0' || address === '::' ? here : address.includes(':') ? `[${address}]` : address;
  const scheme = mode === 'tls' ? 'https' : 'http';
  const usual = mode === 'tls' ? 443 : 80;
  return `${scheme}://${own}${port === usual ? '' : `:${port}`}`;
}

/** Whether who comes by the interface finds nothing there after the change. */
export function leaves(before: InterfaceObject, after: InterfaceObject): boolean {
  const place = ({ active, address, port, mode }: InterfaceObject) => JSON.stringify([active, address, port, mode]);
  return place(before) !== place(after);
}
