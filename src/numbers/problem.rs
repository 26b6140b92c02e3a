//! What is wrong with a location: one table of codes and sentences.

use std::fmt::{self, Display};

/// Makes [`NumbersProblemCode`] and its table: code, sentence in English, in German. `{}` stands for the problem's
/// values, in their order.
macro_rules! problems {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $english:literal, $german:literal;)*) => {
        /// A stable code for what is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum NumbersProblemCode {
            $($(#[doc = $doc])* $variant,)*
        }

        impl NumbersProblemCode {
            /// Every code, in the table's order.
            pub const ALL: &'static [NumbersProblemCode] = &[$(NumbersProblemCode::$variant),*];

            /// The code as it stands in JSON.
            pub fn code(self) -> &'static str {
                match self { $(NumbersProblemCode::$variant => $code),* }
            }

            /// The sentence in English, `{}` where values go.
            pub fn english(self) -> &'static str {
                match self { $(NumbersProblemCode::$variant => $english),* }
            }

            /// The sentence in German, `{}` where values go.
            pub fn german(self) -> &'static str {
                match self { $(NumbersProblemCode::$variant => $german),* }
            }
        }
    };
}

problems! {
    /// Nothing there, or nothing but spaces.
    Required = "required", "This is needed.", "Das wird gebraucht.";
    /// More characters than fit.
    TooLong = "too_long", "This may have {} characters at most.", "Das darf höchstens {} Zeichen haben.";
    /// More entries than there may be.
    TooMany = "too_many", "There can be {} at most.", "Es dürfen höchstens {} sein.";
    /// A number outside of its limits.
    OutOfRange = "out_of_range", "This must be from {} to {}.", "Das muss zwischen {} und {} liegen.";
    /// A line break or another character that cannot be seen.
    ControlCharacter = "control_character", "There is a line break or another invisible character in it.", "Darin ist ein Zeilenumbruch oder ein anderes unsichtbares Zeichen.";
    /// Two settings for the same thing.
    Either = "either", "Set either this or {}, not both.", "Bitte entweder das setzen oder {}, nicht beides.";
    /// The same thing twice in a list.
    Repeated = "stands_twice", "{} stands twice in this list.", "{} steht zweimal in dieser Liste.";
    /// Not a country with telephones.
    UnknownCountry = "unknown_country", "There is no country {}. Write its two letters (ISO 3166-1), like DE.", "Ein Land {} gibt es nicht. Bitte seine zwei Buchstaben schreiben (ISO 3166-1), zum Beispiel DE.";
    /// Something else than digits.
    DigitsOnly = "digits_only", "Only digits can stand here, not {}.", "Hier können nur Ziffern stehen, nicht {}.";
    /// Something else than what a telephone has.
    KeysOnly = "keys_only", "Only digits, * and # can stand here, not {}.", "Hier können nur Ziffern, * und # stehen, nicht {}.";
    /// Something else than what a telephone has, places for what is entered, too.
    KeysAndPlaces = "keys_and_places", "Only digits, *, # and the places e, E, u and U can stand here, not {}.", "Hier können nur Ziffern, *, # und die Platzhalter e, E, u und U stehen, nicht {}.";
    /// Something else than what a number begins with and has.
    KeysAndPlus = "keys_and_plus", "Only digits, *, # and + can stand here, not {}.", "Hier können nur Ziffern, *, # und + stehen, nicht {}.";
    /// A name that has more than letters and digits.
    LettersAndDigitsOnly = "letters_and_digits_only", "Only letters and digits can stand here.", "Hier können nur Buchstaben und Ziffern stehen.";
    /// A number that is not super-canonical.
    NotCanonical = "not_canonical", "Write +, country, area and number without spaces, like +49301234567.", "Bitte +, Land, Vorwahl und Nummer ohne Leerzeichen schreiben, zum Beispiel +49301234567.";
    /// What no super-canonical number begins with.
    NotAPrefix = "not_a_prefix", "No whole number begins with {}. Write + and the first digits, like +4917.", "Mit {} beginnt keine ganze Nummer. Bitte + und die ersten Ziffern schreiben, zum Beispiel +4917.";
    /// The ends of a range have different numbers of digits.
    RangeLengths = "range_lengths", "Both ends of a range must have the same number of digits.", "Beide Enden eines Bereichs müssen gleich viele Ziffern haben.";
    /// A range that ends before it begins.
    RangeBackwards = "range_backwards", "This range ends before {}, where it begins.", "Dieser Bereich endet vor {}, wo er beginnt.";
    /// The longest is shorter than the shortest.
    LengthsBackwards = "lengths_backwards", "The longest internal number cannot be shorter than the shortest.", "Die längste interne Nummer kann nicht kürzer sein als die kürzeste.";
    /// Extensions by first digits, of unknown lengths.
    LengthsNeeded = "lengths_needed", "Say how many digits internal numbers have: the first digits alone do not tell.", "Bitte angeben, wie viele Ziffern interne Nummern haben: Die ersten Ziffern allein sagen es nicht.";
    /// Extensions by first digits that no internal number is long enough for.
    LongestTooShort = "longest_too_short", "Extensions with these first digits have {} digits at least: no internal number has as many. Make the longest internal number longer, or the first digits fewer.", "Durchwahlen mit diesen ersten Ziffern haben mindestens {} Ziffern, so viele hat keine interne Nummer. Bitte die längste interne Nummer verlängern oder weniger erste Ziffern angeben.";
    /// A location of the network that has no numbers.
    ExtensionsNeeded = "extensions_needed", "Other locations can only know this one by its extensions. Set their range first.", "Andere Standorte können diesen nur an seinen Durchwahlen erkennen. Bitte zuerst deren Bereich angeben.";
    /// A location of the network that can have no extensions.
    PbxNeeded = "pbx_needed", "Without a PBX there are no extensions that other locations could know this one by. Switch this off.", "Ohne Telefonanlage gibt es keine Durchwahlen, an denen andere Standorte diesen erkennen könnten. Bitte ausschalten.";
    /// An emergency number that somebody has.
    EmergencyIsExtension = "emergency_is_extension", "{} is an extension here. An emergency number must not be one: let the ranges of extensions leave it out.", "{} ist hier eine Durchwahl. Eine Notrufnummer darf keine sein: Bitte sie aus den Bereichen der Durchwahlen herausnehmen.";
    /// No network.
    InvalidNetwork = "invalid_subnet", "This is no network. One looks like 192.0.2.0/24, or like fe80::%3/64 with the number of the network interface, not its name.", "Das ist kein Netz. Eines sieht aus wie 192.0.2.0/24 oder wie fe80::%3/64 mit der Nummer der Netzwerkschnittstelle, nicht ihrem Namen.";
    /// A rule that must say what a number becomes.
    ReplacementNeeded = "replacement_needed", "Say what the number becomes.", "Bitte angeben, was aus der Nummer wird.";
    /// A result that would be final, and nobody could call.
    ReplacementNotCanonical = "replacement_not_canonical", "What this rule makes is not changed any more, so it must be a whole number: +, country, area and number, like +4930123\\1.", "Was diese Regel ergibt, wird nicht mehr verändert. Also muss es eine ganze Nummer sein: +, Land, Vorwahl und Nummer, zum Beispiel +4930123\\1.";
    /// A replacement with what no number has.
    ReplacementCharacter = "replacement_character", "{} cannot stand in a number. Use digits, +, *, # and \\1 to \\9.", "{} kann in keiner Nummer stehen. Möglich sind Ziffern, +, *, # und \\1 bis \\9.";
    /// It names a bracket that is not there.
    UnknownBracket = "unknown_bracket", "\\{} means a bracket that the pattern does not have.", "\\{} meint eine Klammer, die das Muster nicht hat.";
    /// Numbers have only keys in them.
    NeverEqual = "never_equal", "No number is equal to this: numbers have only digits, +, * and # in them.", "Keine Nummer ist gleich diesem Text: Nummern haben nur Ziffern, +, * und #.";
    /// A bracket without an end.
    PatternUnclosed = "pattern_unclosed", "The bracket at character {} of this regular expression is not closed.", "Die Klammer beim {}. Zeichen dieses regulären Ausdrucks wird nicht geschlossen.";
    /// An end without a bracket.
    PatternUnopened = "pattern_unopened", "The bracket at character {} of this regular expression was not opened.", "Die Klammer beim {}. Zeichen dieses regulären Ausdrucks wurde nicht geöffnet.";
    /// A `*` after nothing.
    PatternRepeatsNothing = "pattern_repeats_nothing", "At character {} of this regular expression there is nothing to repeat.", "Beim {}. Zeichen dieses regulären Ausdrucks gibt es nichts zu wiederholen.";
    /// A range of characters or counts that runs backwards.
    PatternRange = "pattern_range", "The range at character {} of this regular expression runs backwards or is incomplete.", "Der Bereich beim {}. Zeichen dieses regulären Ausdrucks läuft rückwärts oder ist unvollständig.";
    /// A backslash before something that has no meaning with it.
    PatternEscape = "pattern_escape", "\\ at character {} of this regular expression means nothing there.", "\\ beim {}. Zeichen dieses regulären Ausdrucks bedeutet dort nichts.";
    /// A character that no number has.
    PatternCharacter = "pattern_character", "Character {} of this pattern, {}, is in no number. Type the pattern anew without it.", "Das {}. Zeichen dieses Musters, {}, kommt in keiner Nummer vor. Bitte ohne es neu tippen.";
    /// What cannot be done in linear time.
    PatternLooks = "pattern_looks", "At character {} this regular expression looks around or back at a bracket, which would take too long.", "Beim {}. Zeichen schaut dieser reguläre Ausdruck voraus oder zurück auf eine Klammer. Das würde zu lange dauern.";
    /// Too many brackets in brackets, or too many repetitions of repetitions.
    PatternTooLarge = "pattern_too_large", "This regular expression would become too large. Repeat less in it.", "Dieser reguläre Ausdruck würde zu groß. Bitte weniger darin wiederholen.";
    /// Anything else.
    PatternInvalid = "pattern_invalid", "At character {} this is no regular expression.", "Beim {}. Zeichen ist das kein regulärer Ausdruck.";
    /// All rules of a list together.
    PatternsTooLarge = "patterns_too_large", "The regular expressions of this list are too large together. Simplify the longest.", "Die regulären Ausdrücke dieser Liste sind zusammen zu groß. Bitte die längsten vereinfachen.";
    /// A day that has not 48 half hours.
    HalfHours = "half_hours", "A day has {} half hours; leave it empty for none.", "Ein Tag hat {} halbe Stunden. Leer heißt: keine.";
    /// A provider that is not in the list.
    UnknownProvider = "unknown_provider", "There is no provider {}.", "Einen Anbieter {} gibt es nicht.";
    /// A character without a meaning.
    ProjectCharacter = "project_character", "{} means nothing in a code. Possible are digits, *, # and C e E u U p P N J X.", "{} bedeutet in einer Kennziffer nichts. Möglich sind Ziffern, *, # und C e E u U p P N J X.";
    /// A place where only one can be.
    ProjectTwice = "project_twice", "{} can stand here only once.", "{} kann hier nur einmal stehen.";
    /// Both a counted and a free entry of the same thing.
    ProjectBothEntries = "project_both_entries", "Use either {} for each digit or {} for all of them.", "Bitte entweder {} für jede Ziffer nehmen oder {} für alle.";
    /// Two codes that are dialled together and want different PINs.
    ProjectEntryLengths = "project_entry_lengths", "This code has {} places and the access code of private calls {}: both must have as many.", "Diese Kennziffer hat {} Stellen und die Amtskennziffer für private Anrufe {}: Es müssen gleich viele sein.";
    /// A code that begins by waiting.
    ProjectDialsNothing = "project_dials_nothing", "Something must be dialled before C, p or P.", "Vor C, p oder P muss etwas gewählt werden.";
    /// An area code that is too short or too long for the country.
    AreaCodeLength = "area_code_length", "Area codes of this country have {} digits.", "Ortsvorwahlen dieses Landes haben {} Ziffern.";
    /// A file of rules with more octets than are read.
    FileTooLarge = "file_too_large", "This file is too large: {} MB are read at most.", "Diese Datei ist zu groß: Höchstens {} MB werden gelesen.";
    /// A file in no encoding that is known.
    FileText = "file_text", "The characters of this file cannot be read. Save it as UTF-8.", "Die Zeichen dieser Datei lassen sich nicht lesen. Bitte als UTF-8 speichern.";
    /// A CSV file that does not say what its columns are.
    NoHeadings = "no_headings", "The first line must name the columns: {}.", "Die erste Zeile muss die Spalten benennen: {}.";
    /// A column or an attribute that the list does not have.
    UnknownHeading = "unknown_heading", "There is no column {}. Possible are: {}.", "Eine Spalte {} gibt es nicht. Möglich sind: {}.";
    /// A column that is there twice.
    HeadingTwice = "heading_twice", "The column {} is there twice.", "Die Spalte {} gibt es zweimal.";
    /// More cells than columns.
    TooManyCells = "too_many_cells", "This line has more cells than there are columns. Put text with separators into quotation marks.", "Diese Zeile hat mehr Zellen, als es Spalten gibt. Text mit Trennzeichen bitte in Anführungszeichen setzen.";
    /// XML that is not well-formed.
    XmlSyntax = "xml_syntax", "Here the file stops being XML: an element is not closed, or <, & or a quotation mark stands alone.", "Hier ist die Datei kein XML mehr: Ein Element ist nicht geschlossen, oder <, & oder ein Anführungszeichen steht allein.";
    /// XML with definitions of its own.
    XmlDoctype = "xml_doctype", "Files with a DOCTYPE are not read. Delete it.", "Dateien mit einem DOCTYPE werden nicht gelesen. Bitte löschen.";
    /// An entity that XML does not have by itself.
    XmlEntity = "xml_entity", "&{}; has no meaning here. Write the character itself.", "&{}; hat hier keine Bedeutung. Bitte das Zeichen selbst schreiben.";
    /// An element where another is expected.
    XmlElement = "xml_element", "{} is not expected here, but: {}.", "{} wird hier nicht erwartet, sondern: {}.";
    /// More elements than any list has.
    XmlTooLarge = "xml_too_large", "There are more elements in this file than any list has.", "In dieser Datei sind mehr Elemente, als irgendeine Liste hat.";
    /// A word that means nothing where it stands.
    UnknownWord = "unknown_word", "{} means nothing here. Possible are: {}.", "{} bedeutet hier nichts. Möglich sind: {}.";
    /// Something else than a number.
    WholeNumber = "whole_number", "A whole number must stand here.", "Hier muss eine ganze Zahl stehen.";
    /// A time that begins no half hour.
    InvalidTime = "invalid_time", "{} begins no half hour. Write it like 08:30, or 24:00 for the end of the day.", "Mit {} beginnt keine halbe Stunde. Bitte wie 08:30 schreiben, oder 24:00 für das Ende des Tages.";
    /// A zone that is not in the file.
    UnknownZone = "unknown_zone", "There is no zone {}.", "Eine Zone {} gibt es nicht.";
    /// A line of least-cost routing that begins with another word.
    UnknownRecord = "unknown_record", "A line cannot begin with {}. Possible are: {}.", "Eine Zeile kann nicht mit {} beginnen. Möglich sind: {}.";
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumbersProblem {
    /// JSON pointer (RFC 6901) to the field within the location.
    pub pointer: String,
    /// What is wrong.
    pub code: NumbersProblemCode,
    /// What the sentence names.
    pub values: Vec<String>,
}

impl NumbersProblem {
    /// The sentence in English.
    pub fn english(&self) -> String {
        fill(self.code.english(), &self.values)
    }

    /// The sentence in German.
    pub fn german(&self) -> String {
        fill(self.code.german(), &self.values)
    }
}

impl Display for NumbersProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.pointer, self.english())
    }
}

/// A sentence with its values in place.
pub(super) fn fill(sentence: &str, values: &[impl AsRef<str>]) -> String {
    let mut filled = String::new();
    let mut values = values.iter();
    for (at, part) in sentence.split("{}").enumerate() {
        if at > 0 {
            filled += values.next().map_or("", AsRef::as_ref);
        }
        filled += part;
    }
    filled
}

/// What a sentence names of a text, which may be of any length.
pub(super) fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Problems of one location, as they are found.
#[derive(Debug, Default)]
pub(super) struct NumbersProblems(Vec<NumbersProblem>);

impl NumbersProblems {
    /// More are not told of one location.
    const MOST: usize = 100;

    /// Notes one.
    pub(super) fn add(&mut self, pointer: impl Display, code: NumbersProblemCode) {
        self.add_with(pointer, code, &[]);
    }

    /// Notes one whose sentence names something.
    pub(super) fn add_with(&mut self, pointer: impl Display, code: NumbersProblemCode, values: &[&dyn Display]) {
        if self.0.len() < NumbersProblems::MOST {
            let values = values.iter().map(ToString::to_string).collect();
            self.0.push(NumbersProblem { pointer: pointer.to_string(), code, values });
        }
    }

    /// All of them.
    pub(super) fn into_vec(self) -> Vec<NumbersProblem> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_have_as_many_places_in_both_languages() {
        for &code in NumbersProblemCode::ALL {
            let places = |sentence: &str| sentence.matches("{}").count();
            assert_eq!(places(code.english()), places(code.german()), "{}", code.code());
        }
    }

    #[test]
    fn a_sentence_names_its_values() {
        let problem = NumbersProblem {
            pointer: "/x".into(),
            code: NumbersProblemCode::OutOfRange,
            values: vec!["0".into(), "9".into()],
        };
        assert_eq!(problem.english(), "This must be from 0 to 9.");
        assert_eq!(problem.german(), "Das muss zwischen 0 und 9 liegen.");
    }
}
