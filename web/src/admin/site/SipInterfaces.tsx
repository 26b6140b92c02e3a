/** Where SIP and audio are received, as the configuration file sets it: how that stands, and who uses it. */
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { Fragment, useEffect, useState } from 'react';
import type { AudioPlaces, SipInterface, SipInterfaces as Known } from '../../generated/site';
import { useTranslation } from '../../i18n';
import { PlainTable } from '../PlainTable';
import { addressOf, Link } from '../route';
import facts from './certificates.module.css';
import { sipInterfaces } from './network';
import { useLoaded } from './objects';
import sip from './sip.module.css';
import classes from './site.module.css';

/** How often it is asked how they stand, in ms. */
const EVERY = 5000;

export function SipInterfaces() {
  const { texts } = useTranslation();
  const [turn, setTurn] = useState(0);
  const { value } = useLoaded<Known>('sip interfaces', sipInterfaces, turn);
  useEffect(() => {
    const timer = setInterval(() => setTurn((before) => before + 1), EVERY);
    return () => clearInterval(timer);
  }, []);
  const t = texts.admin.network.sip;
  if (!value) return null;
  return (
    <section className={`card ${classes.section} ${sip.section}`}>
      <h2>{t.title}</h2>
      <p className={classes.text}>{t.text}</p>
      <PlainTable
        label={t.title}
        folding
        columns={[t.name, t.transports, t.address, t.state, t.users]}
        rows={value.listeners.map((each) => ({
          key: each.name,
          cells: [
            <Name key="name" each={each} />,
            each.transports.map((transport) => transport.toUpperCase()).join(', '),
            <Place key="place" each={each} />,
            <State key="state" each={each} />,
            <Users key="users" each={each} />,
          ],
        }))}
      />
      <Audio audio={value.audio} />
    </section>
  );
}

function Name({ each: { name, setting } }: { each: SipInterface }) {
  const { texts } = useTranslation();
  return (
    <>
      <b>{name}</b>
      <br />
      <small className={classes.plain}>{setting || texts.admin.network.sip.automatic}</small>
    </>
  );
}

function Place({ each: { address, public_address, certificate, mutual } }: { each: SipInterface }) {
  const { texts } = useTranslation();
  const t = texts.admin.network.sip;
  return (
    <>
      <span className="numbers">{address}</span>
      {public_address !== null && (
        <>
          <br />
          <small>{t.public(public_address)}</small>
        </>
      )}
      {certificate !== null && (
        <>
          <br />
          <small>{t.certificate(certificate)}</small>
        </>
      )}
      {mutual && (
        <>
          <br />
          <small>{t.mutual}</small>
        </>
      )}
    </>
  );
}

function State({ each: { state, english, german } }: { each: SipInterface }) {
  const { texts, language } = useTranslation();
  const t = texts.admin.network.interface;
  const Icon = state === 'listening' ? IconCircleCheck : IconAlertTriangle;
  const why = language === 'de' ? german : english;
  return (
    <span className={sip.state} data-state={state}>
      <Icon size={16} aria-hidden />
      <span>
        {t.states[state]}
        {why !== null && `: ${why}`}
      </span>
    </span>
  );
}

function Users({ each: { line_groups } }: { each: SipInterface }) {
  const { texts } = useTranslation();
  if (line_groups.length === 0) return texts.admin.network.sip.anybody;
  return line_groups.map(({ id, name }, at) => (
    <Fragment key={name}>
      {at > 0 && ', '}
      {id === null ? (
        name
      ) : (
        <Link className={classes.link} href={addressOf('line_groups', id)}>
          {name}
        </Link>
      )}
    </Fragment>
  ));
}

function Audio({ audio: { pbx, first_port, last_port, browsers } }: { audio: AudioPlaces }) {
  const { texts } = useTranslation();
  const t = texts.admin.network.sip;
  return (
    <dl className={facts.facts}>
      <dt>{t.audioPbx}</dt>
      <dd>{t.ports(pbx.join(', ') || t.routed, String(first_port), String(last_port))}</dd>
      <dt>{t.audioBrowsers}</dt>
      <dd className="numbers">{browsers.join(', ')}</dd>
    </dl>
  );
}
