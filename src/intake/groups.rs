//! What was seen of each organisation and period, for the rules over several rows. A few words for each, up to a limit:
//! beyond it the file is told to be too large, for what was not kept cannot be compared.

use super::collect::RecordPlace;
use crate::domain::{AgbCode, Period, PeriodPart};

/// An organisation's period.
pub(super) type Group = (AgbCode, Period);

/// A rule, by its number in the catalogue, and a group, in 43 bits. Keys lie in the order of rule, code and period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u64);

impl Key {
    const PARTS: i16 = 8;
    const PERIODS: u64 = 1 << 10;
    const CODES: u64 = 1 << 27;

    fn new(rule: usize, (organisation, period): Group) -> Self {
        let part = match period.part() {
            PeriodPart::Year => 0,
            PeriodPart::Quarter(quarter) => i16::from(quarter),
        };
        let period = (period.calendar_year() - Period::YEARS.start()) * Self::PARTS + part;
        let rule = u64::try_from(rule).unwrap_or_default();
        let period = u64::try_from(period).unwrap_or_default();
        Self((rule * Self::CODES + u64::from(organisation.number())) * Self::PERIODS + period)
    }

    fn rule(self) -> usize {
        usize::try_from(self.0 / Self::PERIODS / Self::CODES).unwrap_or_default()
    }

    fn group(self) -> Option<Group> {
        let period = i16::try_from(self.0 % Self::PERIODS).ok()?;
        let part = match u8::try_from(period % Self::PARTS).ok()? {
            0 => PeriodPart::Year,
            quarter => PeriodPart::Quarter(quarter),
        };
        let organisation = u32::try_from(self.0 / Self::PERIODS % Self::CODES).ok()?;
        let period = Period::new(period / Self::PARTS + Period::YEARS.start(), part).ok()?;
        Some((AgbCode::from_number(organisation)?, period))
    }

    /// Where to look for it: keys that follow one another lie apart.
    fn place(self) -> usize {
        let mixed = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FirstNumbers::PLACES.trailing_zeros());
        usize::try_from(mixed).unwrap_or_default()
    }
}

/// The first number of a group, and the line on which it stands.
#[derive(Clone, Copy, Debug)]
struct First {
    key: Key,
    number: f64,
    line: u64,
}

/// First numbers, in small lists in order: a list that grows moves little, and leaves little room unused.
#[derive(Debug, Default)]
struct FirstNumbers {
    places: Vec<Vec<First>>,
    count: usize,
}

impl FirstNumbers {
    const PLACES: usize = 1 << 12;

    fn find(&self, key: Key) -> Option<First> {
        let list = self.places.get(key.place())?;
        let at = list.binary_search_by_key(&key, |first| first.key).ok()?;
        list.get(at).copied()
    }

    fn insert(&mut self, first: First) {
        if self.places.is_empty() {
            self.places.resize_with(Self::PLACES, Vec::new);
        }
        let Some(list) = self.places.get_mut(first.key.place()) else { return };
        if let Err(at) = list.binary_search_by_key(&first.key, |first| first.key) {
            if list.len() == list.capacity() {
                list.reserve_exact(list.len() / 8 + 4);
            }
            list.insert(at, first);
            self.count += 1;
        }
    }
}

/// Which groups there are, and in which a word was seen: a list that is put in order when it is full.
#[derive(Debug, Default)]
struct Sightings {
    /// Keys, each with a bit at its end that says whether the word is there.
    list: Vec<u64>,
    /// When it is full.
    most: usize,
}

impl Sightings {
    const FEW: usize = 1 << 10;

    /// Whether there was room for it in `room` words.
    fn add(&mut self, key: Key, is_there: bool, room: usize) -> bool {
        if self.list.len() >= self.most {
            self.tidy();
            // It must not be put in order again for a few more.
            if self.list.len() >= self.most / 2 {
                self.most = (self.most * 2).max(Self::FEW).min(room);
                if self.list.len() + self.list.len() / 8 >= self.most {
                    return false;
                }
                self.list.reserve_exact(self.most - self.list.len());
            }
        }
        self.list.push(key.0 << 1 | u64::from(is_there));
        true
    }

    /// Each group once, in order.
    fn tidy(&mut self) {
        self.list.sort_unstable();
        self.list.dedup_by(|later, kept| {
            let is_same = *later >> 1 == *kept >> 1;
            *kept |= *later & u64::from(is_same);
            is_same
        });
    }

    fn lacking(&mut self) -> impl Iterator<Item = Key> + '_ {
        self.tidy();
        self.list.iter().filter(|seen| *seen & 1 == 0).map(|seen| Key(seen >> 1))
    }
}

/// What was seen so far of each organisation and period.
#[derive(Debug)]
pub(super) struct Groups {
    firsts: FirstNumbers,
    seen: Sightings,
    /// The group of the row before: rows of a group mostly follow one another.
    last: Option<Group>,
    last_seen: u64,
    /// How many words there is room for.
    room: usize,
    /// The row with which there was no more room.
    full: Option<RecordPlace>,
}

impl Default for Groups {
    fn default() -> Self {
        Self::with_room(Self::ROOM)
    }
}

impl Groups {
    /// 28 MiB: the groups of a million rows, each of another group.
    const ROOM: usize = 7 << 19;

    fn with_room(room: usize) -> Self {
        let (firsts, seen) = (FirstNumbers::default(), Sightings::default());
        Self { firsts, seen, last: None, last_seen: 0, room, full: None }
    }

    /// Whether `number` is the one that the group's first row has.
    pub(super) fn agrees(
        &mut self,
        rule: usize,
        group: Option<Group>,
        number: Option<&f64>,
        place: RecordPlace,
    ) -> bool {
        let (Some(group), Some(&number)) = (group, number) else { return true };
        if number.is_nan() {
            return true;
        }
        let key = Key::new(rule, group);
        if let Some(first) = self.firsts.find(key) {
            return (first.number - number).abs() == 0.0;
        }
        let words = size_of::<First>() / size_of::<u64>();
        if (self.firsts.count + 1) * words + self.seen.most > self.room {
            self.full.get_or_insert(place);
        } else {
            self.firsts.insert(First { key, number, line: place.line.unwrap_or(0) });
        }
        true
    }

    /// The number of the group's first row, and its line.
    pub(super) fn first(&self, rule: usize, group: Option<Group>) -> Option<(f64, u64)> {
        let first = self.firsts.find(Key::new(rule, group?))?;
        Some((first.number, first.line))
    }

    /// Notes that the group has a row, and whether that is one with the word.
    pub(super) fn see(&mut self, rule: usize, group: Option<Group>, is_there: bool, place: RecordPlace) {
        let Some(found) = group else { return };
        if self.last != group {
            (self.last, self.last_seen) = (group, 0);
        }
        // Two bits a rule: that the group is known, that the word was seen.
        let done = super::program::bit(rule * 2 + usize::from(is_there));
        if self.last_seen & done == 0 {
            self.last_seen |= done;
            let words = size_of::<First>() / size_of::<u64>();
            // Half of it: a list that grows is there twice.
            let room = (self.room - self.firsts.count * words).min(self.room / 2);
            if self.full.is_some() || !self.seen.add(Key::new(rule, found), is_there, room) {
                self.full.get_or_insert(place);
            }
        }
    }

    /// The row with which there were too many groups to remember.
    pub(super) const fn full(&self) -> Option<RecordPlace> {
        self.full
    }

    /// The rules and groups without a row with the rule's word, in order. None are named when not all were remembered.
    pub(super) fn lacking(&mut self) -> impl Iterator<Item = (usize, Group)> + '_ {
        let is_whole = self.full.is_none();
        self.seen.lacking().filter(move |_| is_whole).filter_map(|key| Some((key.rule(), key.group()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(number: u32) -> Group {
        let period = Period::new(2024, PeriodPart::Quarter(u8::try_from(number % 4 + 1).expect("a quarter")));
        (AgbCode::from_number(number).expect("a code"), period.expect("a period"))
    }

    fn line(number: u32) -> RecordPlace {
        RecordPlace { line: Some(number.into()), ..RecordPlace::default() }
    }

    #[test]
    fn a_key_says_its_rule_and_group() {
        for (rule, number) in [(0, 0), (3, 99_999_999), (31, 12_345_678)] {
            let key = Key::new(rule, group(number));
            assert_eq!((key.rule(), key.group()), (rule, Some(group(number))));
        }
        let year = |code: u32, year| (AgbCode::from_number(code).expect("a code"), Period::year(year).expect("a year"));
        assert!(Key::new(0, year(9, 2099)) < Key::new(0, year(10, 2000)));
        assert!(Key::new(0, year(99_999_999, 2099)) < Key::new(1, year(0, 2000)));
    }

    /// Rows of groups that come back, with a word in some: the same as with a map.
    #[test]
    fn what_lacks_is_told_in_order_however_often_it_is_put_in_order() {
        let mut groups = Groups::default();
        let mut wanted = std::collections::BTreeMap::new();
        for row in 0..40_000_u32 {
            let (number, is_there) = (row.wrapping_mul(2_654_435_761) % 9_000, row % 7 == 0);
            groups.see(1, Some(group(number)), is_there, line(row));
            *wanted.entry(group(number)).or_insert(false) |= is_there;
        }
        let wanted: Vec<_> =
            wanted.into_iter().filter(|(_, is_there)| !is_there).map(|(group, _)| (1, group)).collect();
        assert!(wanted.len() > 1_000);
        assert_eq!(groups.lacking().collect::<Vec<_>>(), wanted);
        assert_eq!(groups.full(), None);
    }

    #[test]
    fn the_first_number_of_each_group_is_remembered() {
        let mut groups = Groups::default();
        for row in 0..20_000_u32 {
            assert!(groups.agrees(0, Some(group(row)), Some(&f64::from(row)), line(row)));
        }
        for row in 0..20_000_u32 {
            assert!(groups.agrees(0, Some(group(row)), Some(&f64::from(row)), line(0)));
            assert!(!groups.agrees(0, Some(group(row)), Some(&f64::from(row + 1)), line(0)));
            assert_eq!(groups.first(0, Some(group(row))), Some((f64::from(row), u64::from(row))));
        }
        assert!(groups.agrees(1, Some(group(1)), Some(&7.0), line(0)), "another rule");
        assert!(groups.agrees(0, Some(group(1)), Some(&f64::NAN), line(0)), "no number");
    }

    #[test]
    fn a_million_rows_fit_and_beyond_the_room_it_is_said() {
        let mut groups = Groups::default();
        for row in 0..1_000_000 {
            groups.see(0, Some(group(row)), false, line(row));
        }
        assert_eq!((groups.full(), groups.lacking().count()), (None, 1_000_000));
        let mut groups = Groups::default();
        for row in 0..1_000_000 {
            groups.agrees(0, Some(group(row)), Some(&1.0), line(row));
        }
        assert_eq!((groups.full(), groups.agrees(0, Some(group(999_999)), Some(&2.0), line(0))), (None, false));

        let mut groups = Groups::with_room(30_000);
        for row in 0..20_000 {
            groups.see(0, Some(group(row)), false, line(row));
            groups.agrees(1, Some(group(row)), Some(&1.0), line(row));
        }
        let full = groups.full().and_then(|place| place.line).expect("too many");
        assert!((4_000..10_000).contains(&full), "{full}");
        assert_eq!(groups.lacking().count(), 0, "not all were remembered");
        assert!(groups.seen.list.capacity() <= 15_000 && groups.firsts.count * 3 <= 30_000);
    }
}
