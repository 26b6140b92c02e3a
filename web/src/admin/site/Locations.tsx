/** The list of locations. */
import type { LocationObject, Stored } from '../../generated/site';
import { useTranslation } from '../../i18n';
import type { Column } from '../parts/DataTable';
import { countryName, numbersOf } from './location';
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
    {
      key: 'numbers',
      title: t['/numbering'],
      cell: ({ object }) => (object.has_pbx ? numbersOf(object.numbering) : '–'),
      wide: true,
    },
  ];
  return <ObjectList kind="locations" columns={columns} />;
}
