/** Where SIP is received, and who knocks there without being expected. */
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import type { Listener, Strangers } from '../generated/protocol';
import { useTranslation } from '../i18n';
import classes from './Console.module.css';
import { PlainTable } from './PlainTable';

export function Receiving({ listeners, strangers }: { listeners: Listener[]; strangers: Strangers }) {
  const { texts, number } = useTranslation();
  const t = texts.admin;
  return (
    <div className={classes.receiving}>
      {listeners.length > 0 && (
        <section className={`card ${classes.side}`}>
          <h2>{t.receiving}</h2>
          <PlainTable
            label={t.receiving}
            folding
            columns={[t.listenerName, t.transport, t.address, t.column.state]}
            rows={listeners.map((listener) => ({
              key: `${listener.name} ${listener.transport} ${listener.address}`,
              cells: [listener.name, listener.transport, listener.address, <ListenerState key="state" {...listener} />],
            }))}
          />
        </section>
      )}
      <section className={`card ${classes.side}`}>
        <h2>
          {t.strangers}
          {strangers.requests > 0 && <b className="numbers">{number(strangers.requests)}</b>}
        </h2>
        <p>{strangers.requests === 0 ? t.strangersNone : t.strangersText}</p>
        {strangers.addresses.length > 0 && (
          <PlainTable
            label={t.strangers}
            columns={[t.address, t.requests]}
            rows={strangers.addresses.map(({ address, requests }) => ({
              key: address,
              cells: [address, number(requests)],
            }))}
          />
        )}
      </section>
    </div>
  );
}

function ListenerState({ problem, german }: Listener) {
  const { texts, language } = useTranslation();
  return problem === null ? (
    <span className={classes.listens}>
      <IconCircleCheck size={15} aria-hidden />
      {texts.admin.listens}
    </span>
  ) : (
    <span className={classes.problem}>
      <IconAlertTriangle size={15} aria-hidden />
      {`${texts.admin.doesNotListen}: ${language === 'de' ? german : problem}`}
    </span>
  );
}
