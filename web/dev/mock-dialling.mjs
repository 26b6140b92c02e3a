// How the mock server's lines would dial a number: as in Berlin, with 0 for an outside line. For looks, not for numbers.

/** What can be chosen on a line with a location. */
export const dialling = {
  projects: [
    { name: 'Bridge over the Spree', private: false, pin: 4, user: null },
    { name: 'Calling card', private: true, pin: 8, user: 4 },
    { name: 'Tender 2026', private: false, pin: null, user: null },
  ],
  private_pin: null,
  private_user: null,
};

const colleagues = { 211: 'Clara Diehl', 212: 'Jonas Weber' };

/** The reply to `preview_number`. */
export function preview(line, request) {
  const { number, project: name, private: isPrivate = false, pin = '', user = '' } = request;
  if (!line.dialling) return { status: 'preview', preview: null };
  const refused = (code) => ({ status: 'error', cause: { code, sip_status: null, detail: null } });
  const project = line.dialling.projects.find((one) => one.name === name);
  if (project && project.pin !== null && pin.length !== project.pin) return refused('pin_needed');
  if (project && project.user !== null && user.length !== project.user) return refused('user_number_needed');
  const digits = number.replace(/(?!^\+)[^0-9*#]/g, '');
  if (!/[0-9*#]/.test(digits)) return refused('invalid_number');
  const known = {
    then: [],
    access_code: '',
    owner: null,
    place: null,
    private: isPrivate || (project?.private ?? false),
  };
  const told = (fields) => ({ status: 'preview', preview: { ...known, ...fields } });
  if (digits === '112' || digits === '110') {
    const whole = { access_code: '0', dialled: `0${digits}`, number: digits, shown: digits };
    return told({ ...whole, destination: 'emergency' });
  }
  if (/^[1-9]\d{0,2}$/.test(digits) || /^[*#]/.test(digits)) {
    const owner = colleagues[digits] ?? null;
    return told({ dialled: digits, number: digits, shown: digits, destination: 'internal', owner });
  }
  const whole = canonical(digits);
  const bare = whole.startsWith('+4930')
    ? whole.slice(5)
    : whole.startsWith('+49')
      ? `0${whole.slice(3)}`
      : `00${whole.slice(1)}`;
  const place = whole.startsWith('+4989') ? { english: 'Munich', german: 'München' } : null;
  const outside = { number: whole, shown: shown(whole), destination: 'external', place };
  if (project?.name === 'Calling card') {
    const then = [{ pause: 1000 }, { digits: `#••••••••#${user}#${bare}#` }];
    return told({ ...outside, access_code: '0', dialled: '0080012345678', then });
  }
  if (project?.pin) return told({ ...outside, dialled: `*60••••#0${bare}` });
  return told({ ...outside, access_code: '0', dialled: `0${bare}` });
}

function canonical(digits) {
  if (digits.startsWith('+')) return digits;
  if (digits.startsWith('00')) return `+${digits.slice(2)}`;
  return digits.startsWith('0') ? `+49${digits.slice(1)}` : `+4930${digits}`;
}

/** The form for people, as far as there is an area code that is known here. */
export function shown(number) {
  const [, country, area, rest] = /^\+(49)(30|89|171)(\d+)$/.exec(number.replaceAll(' ', '')) ?? [];
  return country ? `+${country} (${area}) ${rest}` : number;
}
