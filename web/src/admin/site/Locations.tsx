/** The list of locations. */
import type { LocationObject, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import type { Column } from '../parts/DataTable';
import { countryName } from './location';
import { ObjectList } from './ObjectList';

export function Locations() {
  const { texts, language } = useTranslation();
  const t = texts.admin.site.location.fields;
  const columns: Column<Stored<LocationObject>>[] = [
    { key: 'name', title: t['/name'], sort: 'name', width: 'minmax(0, 1.3fr)', cell: ({ object }) => object.name },
    {
      key: 'country',
      title: t['/country'],
      sort: 'country',
      cell: ({ object }) => countryName(object.country, language),
    },
    { key: 'area', title: t['/area_code'], sort: 'area_code', cell: ({ object }) => object.area_code },
    { key: 'numbers', title: t['/numbering'], cell: ({ object }) => numbersOf(object), wide: true },
  ];
  return <ObjectList kind="locations" columns={columns} />;
}

/** Its extensions, shortly. */
function numbersOf({ has_pbx, numbering }: LocationObject): string {
  if (!has_pbx) return '–';
  if (numbering.kind === 'multipoint') return numbering.numbers.map(({ number }) => number).join(', ');
  const { base_number: base, ranges, prefixes } = numbering;
  const extensions = (prefixes ? [prefixes] : ranges).map(({ from, to }) => (from === to ? from : `${from}–${to}`));
  return [base, extensions.join(', ')].filter(Boolean).join(' ');
}
