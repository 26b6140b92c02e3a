/** A page on which numbers are tried at any location. */
import { NativeSelect } from '@mantine/core';
import { useTranslation } from '../../../i18n';
import { useReason } from '../../announce';
import { PageHead } from '../../PageHead';
import { addressOf, choose, Link } from '../../route';
import { titleOf } from '../names';
import { useAll } from '../objects';
import { useMayChange } from '../role';
import site from '../site.module.css';
import classes from './numbers.module.css';
import { Simulator } from './Simulator';

export function NumbersPage({ chosen }: { chosen: URLSearchParams }) {
  const { texts, language } = useTranslation();
  const reason = useReason();
  const { value: locations, failure } = useAll('locations');
  const may = useMayChange('locations');
  const t = texts.admin.site.rules;
  const sorted = [...(locations ?? [])].sort((one, other) =>
    titleOf(one.object).localeCompare(titleOf(other.object), language),
  );
  const location = sorted.find(({ id }) => id === chosen.get('location')) ?? sorted[0];
  return (
    <>
      <PageHead title={t.page.title} lead={t.page.lead} />
      <section className={`card ${site.section} ${classes.alone}`} aria-label={t.page.title}>
        {locations === null && (
          <p className={site.plain}>{failure === null ? texts.signIn.loading : t.simulator.failed(reason(failure))}</p>
        )}
        {locations?.length === 0 && (
          <p className={site.plain}>
            {t.page.none}{' '}
            {may && (
              <Link className={site.link} href={addressOf('locations', 'new')}>
                {t.page.add}
              </Link>
            )}
          </p>
        )}
        {location && (
          <>
            <div className={classes.chooser}>
              <NativeSelect
                label={t.page.location}
                value={location.id}
                onChange={({ currentTarget }) => {
                  const now = new URLSearchParams(chosen);
                  now.set('location', currentTarget.value);
                  choose(now);
                }}
                data={sorted.map(({ id, object }) => ({ value: id, label: titleOf(object) }))}
              />
              <Link className={site.link} href={addressOf('locations', location.id)}>
                {t.page.open}
              </Link>
            </div>
            <Simulator id={location.id} location={location.object} saved={location.object} />
          </>
        )}
      </section>
    </>
  );
}
