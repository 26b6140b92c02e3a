/** Least-cost routing: providers, zones, and who carries calls when. */
import { TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { CallByCallProvider, TariffZone } from '../../../generated/site';
import { useTranslation } from '../../../i18n';
import { SwitchField, useValue } from '../../parts/fields';
import { useFormFields } from '../../parts/RecordForm';
import { RuleExchange } from '../RuleExchange';
import { Section } from '../Section';
import site from '../site.module.css';
import classes from './numbers.module.css';
import { NameField } from './NameField';
import { RuleList } from './RuleList';
import { renamed } from './tariff';
import { TariffGrid } from './TariffGrid';
import { WordsInput } from './WordsField';

const PROVIDERS = '/least_cost_routing/providers';
const ZONES = '/least_cost_routing/zones';

export function LeastCost() {
  const { texts } = useTranslation();
  const { labels } = useFormFields();
  const providers = useValue<CallByCallProvider[]>(PROVIDERS).value;
  const zones = useValue<TariffZone[]>(ZONES);
  const t = texts.admin.site.rules;
  /** What zones call a provider whose name is none at the moment, or another's; by its place in the list. */
  const called = useRef(new Map<number, string>());
  useEffect(() => called.current.clear(), [providers.length]);
  const isOthers = (name: string, place: number) =>
    providers.some((each, at) => at !== place && each.name === name) ||
    [...called.current].some(([at, each]) => at !== place && each === name);
  /** The zones name providers, so they go with them. */
  const follow = (place: number, before: string, after: string | null) => {
    const known = called.current.get(place) ?? before;
    if (known === '' || isOthers(known, place)) return;
    if (after === '' || (after !== null && isOthers(after, place))) return void called.current.set(place, known);
    called.current.delete(place);
    zones.onChange(zones.value.map((zone) => renamed(zone, known, after)));
  };
  return (
    <Section name="leastCost" title={t.sections.leastCost} text={t.texts.leastCost}>
      <SwitchField at="/least_cost_routing/enabled" />
      <div className={classes.rulesOf}>
        <h3>{labels[PROVIDERS]}</h3>
        <RuleList<CallByCallProvider>
          at={PROVIDERS}
          blank={{ name: '', prefix: '' }}
          ordered={false}
          words={{ ...t.provider, remove: ({ name }) => t.provider.remove(name) }}
          onRemoved={({ name }, place) => follow(place, name, null)}
          also={[providers, zones.value]}
        >
          {({ rule, place, put, fault }) => (
            <div className={classes.two}>
              <NameField
                label={t.provider.name}
                value={rule.name}
                error={fault('name')}
                onLeave={(name) => {
                  put({ name });
                  follow(place, rule.name, name);
                }}
              />
              <TextInput
                label={t.provider.prefix}
                type="tel"
                value={rule.prefix}
                error={fault('prefix')}
                onChange={({ currentTarget }) => put({ prefix: currentTarget.value })}
              />
            </div>
          )}
        </RuleList>
      </div>
      <div className={classes.rulesOf}>
        <h3>{labels[ZONES]}</h3>
        <RuleList<TariffZone>
          at={ZONES}
          blank={{ name: '', prefixes: [], weekdays: [], saturday: [], sunday: [] }}
          ordered={false}
          words={{ ...t.zone, remove: ({ name }) => t.zone.remove(name) }}
          also={[providers]}
        >
          {({ rule, put, fault }) => (
            <>
              <div className={classes.two}>
                <TextInput
                  label={t.zone.name}
                  value={rule.name}
                  error={fault('name')}
                  onChange={({ currentTarget }) => put({ name: currentTarget.value })}
                />
                <WordsInput
                  label={t.zone.prefixes}
                  value={rule.prefixes}
                  error={fault('prefixes')}
                  onChange={(prefixes) => put({ prefixes })}
                  many
                />
              </div>
              <Times zone={rule} providers={providers} onChange={put} />
            </>
          )}
        </RuleList>
      </div>
      <RuleExchange list="least_cost_routing" />
    </Section>
  );
}

/** Drawn once somebody wants to see them: each has a hundred and more cells. */
function Times(props: { zone: TariffZone; providers: CallByCallProvider[]; onChange: (zone: TariffZone) => void }) {
  const { texts } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <details className={site.details} open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{texts.admin.site.rules.zone.times(props.zone.name || '–')}</summary>
      {open && <TariffGrid {...props} />}
    </details>
  );
}
