//! The characters of a file that somebody has saved with some program.

/// What Windows-1252 has from 0x80 to 0x9F. Where it has nothing, the control character of ISO 8859-1.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file in UTF-8, UTF-16 or Windows-1252, without its byte order mark. None: it is UTF-16 that is broken.
pub(super) fn decode(file: &[u8]) -> Option<String> {
    match file {
        [0xEF, 0xBB, 0xBF, rest @ ..] => Some(utf8_or_windows(rest)),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // The first character of all that is read here is one of ASCII, most of the time.
        [first, 0, ..] if *first != 0 => utf16(file, u16::from_le_bytes),
        [0, first, ..] if *first != 0 => utf16(file, u16::from_be_bytes),
        _ => Some(utf8_or_windows(file)),
    }
}

fn utf8_or_windows(file: &[u8]) -> String {
    match std::str::from_utf8(file) {
        Ok(text) => text.to_owned(),
        Err(_) => file.iter().map(|octet| windows(*octet)).collect(),
    }
}

fn windows(octet: u8) -> char {
    match octet {
        0x80..=0x9F => WINDOWS_1252[usize::from(octet - 0x80)],
        _ => octet.into(),
    }
}

fn utf16(octets: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = octets.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.ok().filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_in_every_encoding() {
        let text = "name;Büro\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let with = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
        for file in [
            text.as_bytes().to_vec(),
            with(&[0xEF, 0xBB, 0xBF], text.as_bytes()),
            with(&[0xFF, 0xFE], &little),
            with(&[0xFE, 0xFF], &big),
            little,
            big,
            b"name;B\xFCro\r\n".to_vec(),
        ] {
            assert_eq!(decode(&file).as_deref(), Some(text), "{file:?}");
        }
        assert_eq!(decode(b"\x80 \x9F \x81").as_deref(), Some("€ Ÿ \u{81}"));
        assert_eq!(decode(b"").as_deref(), Some(""));
    }

    #[test]
    fn half_a_character_is_no_text() {
        assert_eq!(decode(b"\xFF\xFEa"), None);
        assert_eq!(decode(b"\xFF\xFE\x00\xD8"), None);
    }
}
