// Faces for people of the mock server: drawn, a colour and a look for each.
const number = (id) => Number(id.replace(/\D/g, '')) || 0;

/** Every other user has a picture. */
export const hasPicture = (id) => number(id) % 2 === 0;

export function face(id) {
  const n = number(id);
  const hue = (n * 67) % 360;
  const skin = ['#f2cfb0', '#c68e65', '#8d5a3b', '#ffdcc2'][n % 4];
  const hair = ['#3b2a20', '#8a5a2b', '#222', '#b7853f'][(n >> 1) % 4];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="400" height="400"><path fill="hsl(${hue} 45% 78%)" d="M0 0h96v96H0z"/><ellipse cx="48" cy="100" rx="36" ry="28" fill="hsl(${(hue + 160) % 360} 40% 42%)"/><path fill="${skin}" d="M40 60h16v16H40z"/><ellipse cx="48" cy="44" rx="20" ry="24" fill="${skin}"/><path fill="${hair}" d="M27 44c-2-32 44-32 42 0-4-14-14-18-21-18s-17 4-21 18z"/><circle cx="41" cy="45" r="2"/><circle cx="55" cy="45" r="2"/><path d="M41 56q7 6 14 0" fill="none" stroke="#7a3b2e" stroke-width="2"/></svg>`;
}
