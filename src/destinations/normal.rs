//! What is done to a value before it is sent or hashed, by each vendor's own rules.
//!
//! Vendors disagree, so two of them may hash the same address differently. Nothing is guessed: a
//! value that cannot be what it is said to be gives nothing, and nothing is never hashed.

use super::{Field, Normal};
use jiff::civil::Date;
use phonenumber::country;
use regex::Regex;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// How long a name may be where it is sent in plain.
const SHORT_NAME: usize = 35;

impl Normal {
    /// Everything that may be done, in the order in which it is offered.
    pub const ALL: [Self; 17] = [
        Self::AsItIs,
        Self::Email,
        Self::EmailGoogle,
        Self::EmailTikTok,
        Self::PhoneE164,
        Self::PhoneDigits,
        Self::Name,
        Self::ShortName,
        Self::Letters,
        Self::State,
        Self::Postcode,
        Self::Country,
        Self::CountryCapital,
        Self::BirthYear,
        Self::BirthMonth,
        Self::BirthDay,
        Self::Lower,
    ];

    /// The word for it in a mapping.
    pub fn word(self) -> &'static str {
        match self {
            Self::AsItIs => "as_it_is",
            Self::Email => "email",
            Self::EmailGoogle => "email_google",
            Self::EmailTikTok => "email_tiktok",
            Self::PhoneE164 => "phone",
            Self::PhoneDigits => "phone_digits",
            Self::Name => "name",
            Self::ShortName => "short_name",
            Self::Letters => "letters",
            Self::State => "state",
            Self::Postcode => "postcode",
            Self::Country => "country",
            Self::CountryCapital => "country_capital",
            Self::BirthYear => "birth_year",
            Self::BirthMonth => "birth_month",
            Self::BirthDay => "birth_day",
            Self::Lower => "lower",
        }
    }

    /// What a word in a mapping asks for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|normal| normal.word() == word)
    }

    /// What is done, as a person reads it.
    pub fn words(self) -> &'static str {
        match self {
            Self::AsItIs => "nothing",
            Self::Email => "trimmed, in small letters",
            Self::EmailGoogle => {
                "trimmed, in small letters; at gmail.com and googlemail.com without dots and +tag"
            }
            Self::EmailTikTok => "trimmed, in small letters, without dots and +tag before the @",
            Self::PhoneE164 => "+ and digits, with the country's code",
            Self::PhoneDigits => "digits only, with the country's code",
            Self::Name => "trimmed, in small letters, without punctuation",
            Self::ShortName => "trimmed; not sent when longer than 35 characters",
            Self::Letters => "in small letters, letters only",
            Self::State => "in small letters, letters only; a state of the US as its two letters",
            Self::Postcode => "in small letters, without spaces, the part before a dash",
            Self::Country => "two small letters",
            Self::CountryCapital => "two capital letters",
            Self::BirthYear => "the year in four digits",
            Self::BirthMonth => "the month in two digits",
            Self::BirthDay => "the day of the month in two digits",
            Self::Lower => "trimmed, in small letters",
        }
    }

    /// The value as it is to be sent or hashed, and never an empty one; `None` when nothing is left
    /// of it. `country` (`DE`) is where telephone numbers without a country's code belong.
    pub fn apply(self, value: &str, country: Option<&str>) -> Option<String> {
        let text = trimmed(value);
        let done = match self {
            Self::AsItIs if text.is_empty() => return None,
            Self::AsItIs => value.to_owned(),
            Self::Email => email(text, |_| false)?,
            Self::EmailGoogle => email(text, |domain| GOOGLE.contains(&domain))?,
            Self::EmailTikTok => email(text, |_| true)?,
            Self::PhoneE164 => format!("+{}", phone(text, country)?),
            Self::PhoneDigits => phone(text, country)?,
            Self::Name => trimmed(&PUNCTUATION.replace_all(&text.to_lowercase(), "")).to_owned(),
            Self::ShortName if text.chars().count() > SHORT_NAME => return None,
            Self::ShortName => text.to_owned(),
            Self::Letters => letters(text),
            Self::State => state(text),
            Self::Postcode => postcode(text),
            Self::Country => two_letters(text)?.to_ascii_lowercase(),
            Self::CountryCapital => two_letters(text)?.to_ascii_uppercase(),
            Self::BirthYear => format!("{:04}", part_of_date(text, Date::year, 1900..=2099)?),
            Self::BirthMonth => format!("{:02}", part_of_date(text, Date::month, 1..=12)?),
            Self::BirthDay => format!("{:02}", part_of_date(text, Date::day, 1..=31)?),
            Self::Lower => text.to_lowercase(),
        };
        (!done.is_empty()).then_some(done)
    }
}

/// The SHA-256 of a text in small hexadecimal digits.
///
/// It is not meant for an empty text, whose hash would look like a person's: [`hashed`] never comes
/// here with one, and who calls it otherwise asks first.
pub fn sha256(text: &str) -> String {
    debug_assert!(!text.is_empty(), "an empty value is not hashed");
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// The SHA-256 of what [`Normal::apply`] leaves of a value; `None` when that is nothing.
///
/// Only when a person says that the feature is `already_hashed`, a value of 64 hexadecimal digits
/// is taken as a hash: it cannot be told from a plain value that looks so.
pub fn hashed(
    normal: Normal,
    value: &str,
    country: Option<&str>,
    already_hashed: bool,
) -> Option<String> {
    let text = trimmed(value);
    if already_hashed && text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(text.to_ascii_lowercase());
    }
    normal.apply(value, country).map(|done| sha256(&done))
}

impl Field {
    /// A value as it goes out in this field: normalised, and hashed where that is asked for; `None`
    /// when nothing is left of it.
    pub fn sent(&self, value: &str, country: Option<&str>, already_hashed: bool) -> Option<String> {
        match self.is_hashed {
            true => hashed(self.normal, value, country, already_hashed),
            false => self.normal.apply(value, country),
        }
    }
}

/// Without white space at the ends, nor the invisible marks that spreadsheets leave there.
fn trimmed(value: &str) -> &str {
    value.trim_matches(|c: char| c.is_whitespace() || ['\u{feff}', '\u{200b}'].contains(&c))
}

/// Where dots and what follows a plus sign do not tell one mailbox from another.
const GOOGLE: [&str; 2] = ["gmail.com", "googlemail.com"];

/// An address in small letters; where `is_bare` says so of its domain, without dots and +tag.
fn email(text: &str, is_bare: impl Fn(&str) -> bool) -> Option<String> {
    let text = text.to_lowercase();
    let (local, domain) = text.split_once('@')?;
    let is_wrong = |part: &str| {
        part.is_empty() || part.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control())
    };
    if is_wrong(local) || is_wrong(domain) {
        return None;
    }
    if !is_bare(domain) {
        return Some(text);
    }
    let local = local.split('+').next().unwrap_or_default().replace('.', "");
    (!local.is_empty()).then(|| format!("{local}@{domain}"))
}

/// A telephone number with its country's code, without the plus sign.
fn phone(text: &str, country: Option<&str>) -> Option<String> {
    // With a country, the parser takes that country's rules for numbers of all others too, and
    // cuts the zero from Italian ones: whoever says the code needs no country.
    if text.starts_with(['+', '＋']) {
        return number(None, text);
    }
    if let Some(rest) = text.strip_prefix("00")
        && let Some(found) = number(None, &format!("+{rest}"))
    {
        return Some(found);
    }
    let country: country::Id = country?.trim().to_ascii_uppercase().parse().ok()?;
    number(Some(country), text)
}

fn number(country: Option<country::Id>, text: &str) -> Option<String> {
    let parsed = phonenumber::parse(country, text).ok()?;
    parsed.is_valid().then(|| format!("{}{}", parsed.country().code(), parsed.national()))
}

/// All but letters with their marks, digits and white space. `\w` would keep the underscore.
static PUNCTUATION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[^\p{L}\p{M}\p{N}\s]").expect("the expression is written well"));

/// All but letters and the marks that belong to them: without those, names in Hindi and Thai are
/// other names.
static NO_LETTERS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[^\p{L}\p{M}]").expect("the expression is written well"));

fn letters(text: &str) -> String {
    NO_LETTERS.replace_all(&text.to_lowercase(), "").into_owned()
}

fn state(text: &str) -> String {
    let name = letters(text);
    let found = STATES.iter().find(|(whole, _)| *whole == name);
    found.map_or(name.clone(), |(_, short)| (*short).to_owned())
}

fn postcode(text: &str) -> String {
    let before = text.split(['-', '–']).next().unwrap_or_default();
    before.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}

fn two_letters(text: &str) -> Option<&str> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())).then_some(text)
}

/// A part of a whole date, `1990-05-17`, or that part alone, if it can be one.
fn part_of_date<T: Into<i16>>(
    text: &str,
    part: impl Fn(Date) -> T,
    possible: std::ops::RangeInclusive<i16>,
) -> Option<i16> {
    let date = text.get(..10).and_then(|date| date.parse::<Date>().ok());
    let number = match date {
        Some(date) => part(date).into(),
        None => text.parse().ok()?,
    };
    possible.contains(&number).then_some(number)
}

/// The states of the US, with the District of Columbia and Puerto Rico.
const STATES: [(&str, &str); 52] = [
    ("alabama", "al"),
    ("alaska", "ak"),
    ("arizona", "az"),
    ("arkansas", "ar"),
    ("california", "ca"),
    ("colorado", "co"),
    ("connecticut", "ct"),
    ("delaware", "de"),
    ("districtofcolumbia", "dc"),
    ("florida", "fl"),
    ("georgia", "ga"),
    ("hawaii", "hi"),
    ("idaho", "id"),
    ("illinois", "il"),
    ("indiana", "in"),
    ("iowa", "ia"),
    ("kansas", "ks"),
    ("kentucky", "ky"),
    ("louisiana", "la"),
    ("maine", "me"),
    ("maryland", "md"),
    ("massachusetts", "ma"),
    ("michigan", "mi"),
    ("minnesota", "mn"),
    ("mississippi", "ms"),
    ("missouri", "mo"),
    ("montana", "mt"),
    ("nebraska", "ne"),
    ("nevada", "nv"),
    ("newhampshire", "nh"),
    ("newjersey", "nj"),
    ("newmexico", "nm"),
    ("newyork", "ny"),
    ("northcarolina", "nc"),
    ("northdakota", "nd"),
    ("ohio", "oh"),
    ("oklahoma", "ok"),
    ("oregon", "or"),
    ("pennsylvania", "pa"),
    ("puertorico", "pr"),
    ("rhodeisland", "ri"),
    ("southcarolina", "sc"),
    ("southdakota", "sd"),
    ("tennessee", "tn"),
    ("texas", "tx"),
    ("utah", "ut"),
    ("vermont", "vt"),
    ("virginia", "va"),
    ("washington", "wa"),
    ("westvirginia", "wv"),
    ("wisconsin", "wi"),
    ("wyoming", "wy"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn done(normal: Normal, value: &str) -> Option<String> {
        normal.apply(value, None)
    }

    /// Each is `printf '%s' TEXT | sha256sum` of the text in the middle.
    #[track_caller]
    fn known(normal: Normal, value: &str, text: &str, hash: &str) {
        assert_eq!(normal.apply(value, Some("DE")).as_deref(), Some(text));
        assert_eq!(hashed(normal, value, Some("DE"), false).as_deref(), Some(hash));
    }

    #[test]
    fn hashes_for_meta() {
        known(
            Normal::Email,
            " Anna.Maier+News@Gmail.com ",
            "anna.maier+news@gmail.com",
            "7c3273e841d1bc263e00ed96dd022336195fc09b9c0a83ad16f40198fe4f4b09",
        );
        known(
            Normal::PhoneDigits,
            "0171 / 123 45-67",
            "491711234567",
            "7e25b7844dc82e53d76a507d7f6130832c805e097c1e038793c36ce22c358132",
        );
        known(
            Normal::Name,
            " Anne-Marie ",
            "annemarie",
            "67495eb5715de43c26f7c18b25cc7f62a7540236516bd59d5162a6f743598083",
        );
        known(
            Normal::Letters,
            "München",
            "münchen",
            "f75c175f552c8b2bf46ef4b282ee782c81cf8687f66a8fe8278cc56fa727503e",
        );
        known(
            Normal::Letters,
            "東京",
            "東京",
            "130016b2599bf7e5978cae78e528c67f29aa47eaa2490ffedd729df334a2790c",
        );
        known(
            Normal::Postcode,
            "94105-1234",
            "94105",
            "e73ac16e69f060ee98b0fda5f66f48c4648ee26950e9bab3a097389853fd859e",
        );
        known(
            Normal::Postcode,
            " SW1A 1AA",
            "sw1a1aa",
            "830e1d4b9838bab1f5c2acdb23e0b502ff13a9832c4632e8d67a1d43d3b7f614",
        );
        known(
            Normal::Country,
            "DE",
            "de",
            "959a45d44e6fcf58361ed004681556fe50129f2109e817dec098c00c9e5d2578",
        );
    }

    #[test]
    fn hashes_for_google() {
        known(
            Normal::EmailGoogle,
            " Anna.Maier+News@Gmail.com ",
            "annamaier@gmail.com",
            "2e1666ca85358c18b848981a0ff145f95eed534c4f5c30ac679bf86018b5d34e",
        );
        known(
            Normal::EmailGoogle,
            "a.b@GoogleMail.com",
            "ab@googlemail.com",
            "4d2dfed62b03521c8ff6baa6f5161750ed443a26aaad934c8a9540321eb2d94a",
        );
        known(
            Normal::EmailGoogle,
            "Anna.Maier+News@Example.com",
            "anna.maier+news@example.com",
            "cdaa2ed807ce95f7df8d5746651cb5ec874b2f1cea5fe75706e73f3b52514378",
        );
        known(
            Normal::PhoneE164,
            "0171 / 123 45-67",
            "+491711234567",
            "26fe61aab2698bb3696dc47387e6c64172c6c716727917caaf6ff965d030cb3d",
        );
        known(
            Normal::Name,
            " José ",
            "josé",
            "d994e1d001886fe5b45b1267bd1fa2b752ac50742579bd3dad7b2a2aa0ed6866",
        );
    }

    #[test]
    fn hashes_for_tiktok() {
        known(
            Normal::EmailTikTok,
            " Anna.Maier+News@Example.com ",
            "annamaier@example.com",
            "49dcbb2e48378cddad344cec4d64681c7eb4cb5c4f548e8cb679e961ce3f4e06",
        );
        known(
            Normal::PhoneE164,
            "0171 / 123 45-67",
            "+491711234567",
            "26fe61aab2698bb3696dc47387e6c64172c6c716727917caaf6ff965d030cb3d",
        );
        known(
            Normal::Lower,
            " AECE52E7-03EE-455A-B3C4-E57283966239",
            "aece52e7-03ee-455a-b3c4-e57283966239",
            "e6a11334660bb4c2d68090399aaf9d80b433a569b993c5e32e6cad9bcf550e11",
        );
    }

    #[test]
    fn hashes_for_linkedin() {
        known(
            Normal::Email,
            " Anna.Maier+News@Gmail.com ",
            "anna.maier+news@gmail.com",
            "7c3273e841d1bc263e00ed96dd022336195fc09b9c0a83ad16f40198fe4f4b09",
        );
    }

    #[test]
    fn a_hash_passes_only_when_a_person_says_so() {
        let hash = "A1".repeat(32);
        let taken = hashed(Normal::Email, &format!(" {hash} "), None, true);
        assert_eq!(taken, Some("a1".repeat(32)));
        assert_eq!(hashed(Normal::Email, &hash, None, false), None, "it is no address");
        assert_eq!(hashed(Normal::Lower, &hash, None, false), Some(sha256(&"a1".repeat(32))));
        assert_eq!(hashed(Normal::Email, &hash[1..], None, true), None);
        let plain = hashed(Normal::Email, "A@b.c", None, true);
        assert_eq!(plain, Some(sha256("a@b.c")), "a value in plain is hashed all the same");
    }

    #[test]
    fn nothing_is_never_hashed() {
        for normal in ALL {
            for value in ["", " ", "\u{feff}\n", "..."] {
                let is_kept = value == "..." && KEEP_DOTS.contains(&normal);
                assert_eq!(hashed(normal, value, None, true).is_some(), is_kept, "{normal:?}");
            }
        }
    }

    const KEEP_DOTS: [Normal; 4] =
        [Normal::AsItIs, Normal::ShortName, Normal::Postcode, Normal::Lower];

    const ALL: [Normal; 17] = [
        Normal::AsItIs,
        Normal::Email,
        Normal::EmailGoogle,
        Normal::EmailTikTok,
        Normal::PhoneE164,
        Normal::PhoneDigits,
        Normal::Name,
        Normal::ShortName,
        Normal::Letters,
        Normal::State,
        Normal::Postcode,
        Normal::Country,
        Normal::CountryCapital,
        Normal::BirthYear,
        Normal::BirthMonth,
        Normal::BirthDay,
        Normal::Lower,
    ];

    #[test]
    fn an_address_is_one_or_nothing() {
        for wrong in ["n/a", "@", "a@", "@b.c", "a b@c.d", "a@b@c.d", "a@b.c, d@e.f"] {
            assert_eq!(done(Normal::Email, wrong), None, "{wrong}");
        }
        assert_eq!(done(Normal::EmailGoogle, "+x@gmail.com"), None);
        let dotted = "a.b+c@example.com";
        assert_eq!(done(Normal::EmailGoogle, dotted).as_deref(), Some(dotted));
        assert_eq!(done(Normal::EmailTikTok, dotted).as_deref(), Some("ab@example.com"));
    }

    #[test]
    fn a_number_needs_a_country_unless_it_says_its_own() {
        let number = |value: &str, country| Normal::PhoneE164.apply(value, country);
        let german = Some("+491711234567".to_owned());
        for same in ["+49 171 1234567", "0049 171 1234567", "+49 (0)171 123-4567", "＋491711234567"]
        {
            assert_eq!(number(same, None), german, "{same}");
            assert_eq!(number(same, Some("US")), german, "{same} in the US");
        }
        assert_eq!(number("0171 1234567", None), None);
        assert_eq!(number("0171 1234567", Some("de")), german);
        assert_eq!(number("491711234567", Some("DE")), german);
        assert_eq!(number("0171 1234567", Some("Germany")), None);
        assert_eq!(number("(202) 555-0123", Some("US")).as_deref(), Some("+12025550123"));
    }

    /// The zero of Italian and Ivorian numbers belongs to them, whatever the country at hand.
    #[test]
    fn zeros_that_belong_to_a_number_stay() {
        for (value, same) in
            [("+39 06 6982 1234", "+390669821234"), ("+225 07 12 34 56 78", "+2250712345678")]
        {
            assert_eq!(Normal::PhoneE164.apply(value, Some("DE")).as_deref(), Some(same));
        }
        let roman = Normal::PhoneDigits.apply("06 6982 1234", Some("IT"));
        assert_eq!(roman.as_deref(), Some("390669821234"));
    }

    #[test]
    fn numbers_that_cannot_be_are_nothing() {
        for wrong in ["+0000000000", "0000000000", "+", "+49", "abc", "+1 555", "123", "-", "∞"] {
            assert_eq!(Normal::PhoneE164.apply(wrong, Some("DE")), None, "{wrong}");
            assert_eq!(done(Normal::PhoneDigits, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn letters_of_every_script_stay() {
        let letters = |value: &str| done(Normal::Letters, value).unwrap_or_default();
        assert_eq!(letters("Frankfurt (Oder) 2"), "frankfurtoder");
        assert_eq!(letters("東京 23"), "東京");
        assert_eq!(letters("Санкт-Петербург"), "санктпетербург");
        assert_eq!(letters("दिल्ली"), "दिल्ली", "vowel signs and the virama are marks");
        assert_eq!(letters("กรุ่น"), "กรุ่น", "so are the tones of Thai");
        assert_eq!(letters("123"), "");
        let name = |value: &str| done(Normal::Name, value).unwrap_or_default();
        assert_eq!(name(" O’Brien-Smith_, Jr. "), "obriensmith jr");
        assert_eq!(name("山田・太郎"), "山田太郎");
    }

    #[test]
    fn states_of_the_us_are_two_letters() {
        assert_eq!(done(Normal::State, "New York").as_deref(), Some("ny"));
        assert_eq!(done(Normal::State, " CA ").as_deref(), Some("ca"));
        assert_eq!(done(Normal::State, "Baden-Württemberg").as_deref(), Some("badenwürttemberg"));
    }

    #[test]
    fn a_birth_date_gives_its_parts() {
        let parts = [Normal::BirthYear, Normal::BirthMonth, Normal::BirthDay];
        let of = |value: &str| parts.map(|part| done(part, value).unwrap_or_default());
        assert_eq!(of("1990-05-07"), ["1990", "05", "07"]);
        assert_eq!(of("1990-05-07 00:00:00"), ["1990", "05", "07"]);
        assert_eq!(of("7"), ["", "07", "07"]);
        assert_eq!(of("1990"), ["1990", "", ""]);
        assert_eq!(of("0"), ["", "", ""]);
    }

    #[test]
    fn a_plain_name_has_an_end() {
        let long = "a".repeat(36);
        assert_eq!(done(Normal::ShortName, &long), None);
        assert_eq!(done(Normal::ShortName, " Ünal ").as_deref(), Some("Ünal"));
        let umlauts = "ü".repeat(35);
        assert_eq!(done(Normal::ShortName, &umlauts).as_deref(), Some(&*umlauts));
    }

    #[test]
    fn a_country_is_two_letters_or_nothing() {
        assert_eq!(done(Normal::CountryCapital, " de ").as_deref(), Some("DE"));
        assert_eq!(done(Normal::Country, "Germany"), None);
        assert_eq!(done(Normal::Country, "ß"), None, "two bytes are not two letters");
    }
}
