//! Whether a row's year and period may be delivered today.

use std::cmp::Ordering;

use jiff::civil::Date;

use super::{
    collect::{Detail, RecordPlace},
    program,
    row_check::RowChecker,
    scan::Record,
};
use crate::{
    catalogue::{Indicator, WindowState},
    domain::{AgbCode, Period},
};

impl RowChecker<'_, '_> {
    /// Whether the row's year and period may be delivered today, and its indicator existed in that year.
    pub(super) fn has_open_period(
        &mut self,
        record: &Record<'_>,
        place: RecordPlace,
        year: Option<i16>,
        period: Option<Period>,
        organisation: Option<AgbCode>,
    ) -> bool {
        let measure = self.values.measure;
        let calendar_year = year.or(period.map(Period::calendar_year));
        let is_valid = |measure: &Indicator| calendar_year.is_none_or(|year| measure.valid_years.contains(year));
        if self.sound_period == Some((year, period)) {
            return measure.is_none_or(is_valid) || self.report_validity(record, place, calendar_year);
        }
        let layout = self.layout;
        let as_year = year.and_then(|year| Period::year(year).ok());
        let asked = [(as_year, layout.year), (period, layout.period)];
        let mut is_open_to_all = true;
        for (period_asked, index) in asked {
            if let Some(asked) = period_asked
                && let Some((code, day)) = self.closed(asked)
            {
                // Time is given about what is delivered: of a row about a quarter not about its year.
                if code == "rule.period_closed" && self.has_more_time(organisation, period.unwrap_or(asked)) {
                    is_open_to_all = false;
                    continue;
                }
                let detail = |raw: &[u8]| {
                    let day = day.map(|day| day.to_string()).unwrap_or_default();
                    Detail::of(raw).with("period", asked).with("date", day)
                };
                self.report_at(code, index, record, place, detail);
                // What follows from a wrong period is not told as well.
                for index in [layout.year, layout.period].into_iter().flatten() {
                    self.values.unreadable |= program::bit(index);
                }
                return false;
            }
        }
        self.sound_period = is_open_to_all.then_some((year, period));
        measure.is_none_or(is_valid) || self.report_validity(record, place, calendar_year)
    }

    /// Why nothing can be delivered about `period`: a code, and the day on which that changes or changed.
    fn closed(&self, period: Period) -> Option<(&'static str, Option<Date>)> {
        if let Some(years) = self.context.open_years {
            return match years.closed(period.calendar_year())? {
                Ordering::Greater => Some(("rule.period_future", None)),
                _ => Some(("rule.period_closed", None)),
            };
        }
        let window = self.catalogue.window(&self.layout.dataset.code, period.calendar_year())?;
        match window.state(period, self.context.today) {
            WindowState::Open(_) => None,
            WindowState::Future(opens) => Some(("rule.period_future", Some(opens))),
            WindowState::Closed(closes) => Some(("rule.period_closed", Some(closes))),
        }
    }

    fn has_more_time(&self, organisation: Option<AgbCode>, period: Period) -> bool {
        let dataset = &self.layout.dataset.code;
        let given = self.context.more_time.zip(organisation);
        given.is_some_and(|(more_time, organisation)| more_time.has(dataset, organisation, period))
    }

    fn report_validity(&mut self, record: &Record<'_>, place: RecordPlace, year: Option<i16>) -> bool {
        let index = self.layout.measure;
        self.report_at("cell.code_not_valid_in_period", index, record, place, |raw| {
            Detail::of(raw).with("year", year.map(|year| year.to_string()).unwrap_or_default())
        });
        false
    }
}
