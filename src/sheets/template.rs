//! A template as a workbook.

use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Formula, IgnoreError, Workbook, Worksheet};

use super::{SheetError, look};
use crate::{
    catalogue::{ColumnType, Template, TemplateColumn},
    domain::Language,
};

/// The last row of a sheet.
const LAST_ROW: u32 = 1_048_575;

/// What a spreadsheet takes of the title and of the text beside a cell, in characters.
const TITLE: usize = 31;
const MESSAGE: usize = 250;

/// The template as XLSX: a sheet to fill in, with drop-down lists; the choices with what they mean; and what each column
/// is for, in Dutch and in English.
pub fn template(template: &Template<'_>) -> Result<Vec<u8>, SheetError> {
    let mut workbook = look::workbook()?;
    fill_in(&mut workbook, template)?;
    for language in [Language::Nl, Language::En] {
        explain(&mut workbook, template, language)?;
    }
    list_choices(workbook.add_worksheet(), template)?;
    Ok(workbook.save_to_buffer()?)
}

fn fill_in(workbook: &mut Workbook, template: &Template<'_>) -> Result<(), SheetError> {
    let choices = template.say(Language::Nl, "TEMPLATE_CHOICES", &[]);
    let sheet = workbook.add_worksheet().set_name(&template.dataset.code)?;
    let (text, header) = (look::text(), look::header());
    for ((index, one), list) in (0_u16..).zip(&template.columns).zip(list_places(template)) {
        let name = &one.column.name;
        let width = name.chars().count().max(one.column.example.chars().count());
        sheet.set_column_width(index, f64::from(u32::try_from(width + 4).unwrap_or(20)))?;
        if !matches!(one.column.kind, ColumnType::Integer | ColumnType::Decimal) {
            sheet.set_column_format(index, &text)?;
            sheet.ignore_error_range(1, index, LAST_ROW, index, IgnoreError::NumberStoredAsText)?;
        }
        sheet.write_string_with_format(0, index, name, &header)?;
        sheet.insert_note(0, index, &look::note(&in_short(template, one)))?;
        let mut rule = DataValidation::new();
        if let Some(list) = list {
            let last = list.column_letters();
            let formula = format!("='{choices}'!${last}$2:${last}${}", one.choices.len() + 1);
            // Other words are taken too, such as a number in the register: it warns and does not refuse.
            rule = rule.allow_list_formula(Formula::new(formula)).set_error_style(DataValidationErrorStyle::Warning);
        }
        let title = look::shortened(one.column.title.get(Language::Nl), TITLE);
        let explained = template.explanation(one, Language::Nl);
        let message = look::shortened(&format!("{}. {}.", explained.form, explained.required), MESSAGE);
        let rule = rule.set_input_title(title)?.set_input_message(message)?;
        sheet.add_data_validation(1, index, LAST_ROW, index, &rule)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

/// What is said of a column in both languages, for a note at its head.
fn in_short(template: &Template<'_>, one: &TemplateColumn<'_>) -> String {
    let said = |language| {
        let all = template.explanation(one, language);
        let parts = [all.meaning, all.form, all.range, all.required, all.example].into_iter();
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    };
    format!("{}\n\n{}", said(Language::Nl), said(Language::En))
}

/// What each column is for. No two cells of a row are names of columns, lest this sheet be taken for the one to read.
fn explain(workbook: &mut Workbook, template: &Template<'_>, language: Language) -> Result<(), SheetError> {
    let say = |code: &str| template.say(language, code, &[]);
    let sheet = workbook.add_worksheet().set_name(say("TEMPLATE_SHEET"))?;
    let (wrapped, header) = (look::wrapped(), look::header());
    sheet.write_string(0, 0, template.introduction(language))?;
    let heads = ["COLUMN", "MEANING", "FORM", "RANGE", "REQUIRED", "EXAMPLE"];
    for ((index, head), width) in (0_u16..).zip(heads).zip([28.0, 70.0, 40.0, 34.0, 30.0, 30.0]) {
        sheet.set_column_width(index, width)?;
        sheet.write_string_with_format(2, index, say(&format!("TEMPLATE_HEAD_{head}")), &header)?;
    }
    for (row, one) in (3_u32..).zip(&template.columns) {
        let all = template.explanation(one, language);
        let cells = [&one.column.name, &all.meaning, &all.form, &all.range, &all.required, &all.example];
        for (index, cell) in (0_u16..).zip(cells) {
            sheet.write_string_with_format(row, index, cell, &wrapped)?;
        }
    }
    sheet.set_freeze_panes(3, 1)?;
    Ok(())
}

/// Where the list of a column stands among the choices.
#[derive(Clone, Copy, Debug)]
struct ListPlace(u16);

impl ListPlace {
    /// The word, and its meaning in both languages.
    const WIDTH: u16 = 3;

    fn column_letters(self) -> String {
        rust_xlsxwriter::utility::column_number_to_name(self.0)
    }
}

/// For each column the place of its list, where it has one.
fn list_places<'t>(template: &'t Template<'_>) -> impl Iterator<Item = Option<ListPlace>> + 't {
    let mut next = 0;
    template.columns.iter().map(move |one| {
        (!one.choices.is_empty()).then(|| {
            next += ListPlace::WIDTH;
            ListPlace(next - ListPlace::WIDTH)
        })
    })
}

fn list_choices(sheet: &mut Worksheet, template: &Template<'_>) -> Result<(), SheetError> {
    sheet.set_name(template.say(Language::Nl, "TEMPLATE_CHOICES", &[]))?;
    let (text, header) = (look::text(), look::header());
    for (one, place) in template.columns.iter().zip(list_places(template)) {
        let Some(ListPlace(column)) = place else { continue };
        let names = [Language::Nl, Language::En]
            .map(|language| template.say(language, "TEMPLATE_CHOICES_OF", &[("column", one.column.name.clone())]));
        sheet.write_string_with_format(0, column, names.join(" / "), &header)?;
        sheet.set_column_width(column, 34.0)?;
        for (row, choice) in (1_u32..).zip(&one.choices) {
            sheet.write_string_with_format(row, column, &choice.word, &text)?;
            if let Some(name) = &choice.name {
                sheet.write_string_with_format(row, column + 1, &name.nl, &text)?;
                sheet.write_string_with_format(row, column + 2, &name.en, &text)?;
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}
