//! `score`: the list of a period, or one organisation explained.

use std::{process::ExitCode, sync::Arc};

use anyhow::bail;

use super::{
    arguments::{Global, MethodArgument, ScoreOptions},
    operate,
};
use crate::{
    domain::{Actor, AgbCode, Language, Level},
    service::{AssessedOrganisation, Assessment, Reader, Score, Service},
};

/// Prints scores.
pub(super) async fn run(global: &Global, options: &ScoreOptions) -> anyhow::Result<ExitCode> {
    let service = operate::service(global).await?;
    let language = global.language.into();
    let now = service.now();
    let found = if options.method == MethodArgument::Exact {
        service.assessment(&Actor::OPERATOR, options.period, now).await?
    } else {
        service.audit_run(&Actor::OPERATOR, options.period, now, options.method.into()).await?.map(Arc::new)
    };
    let Some(assessment) = found else {
        bail!(crate::service::Error::NotFound);
    };
    match options.explain {
        Some(agb_code) => explain(&service, &assessment, agb_code, language)?,
        None => list(&assessment, language),
    }
    println!("\nrun {}, known at {}", assessment.id, assessment.key.known_at);
    Ok(ExitCode::SUCCESS)
}

fn list(assessment: &Assessment, language: Language) {
    let mut rows: Vec<(&AssessedOrganisation, &Score)> =
        assessment.organisations.iter().filter_map(|one| Some((one, one.outcome.score(None)?))).collect();
    let key = |score: &Score| score.standardised.unwrap_or(f64::NEG_INFINITY);
    rows.sort_by(|(_, a), (_, b)| key(b).total_cmp(&key(a)));
    for (one, score) in rows {
        let points = score.score.map_or_else(|| "-".to_owned(), |points| language.number(points, 1));
        let rank = score.expected_rank.map_or_else(|| "-".to_owned(), |rank| language.number(rank, 0));
        println!(
            "{points:>6}  {:<12}  {rank:>4}  {}  {}",
            score.level.as_str(),
            one.organisation.agb_code,
            one.organisation.name
        );
    }
}

fn explain(service: &Service, assessment: &Assessment, agb_code: AgbCode, language: Language) -> anyhow::Result<()> {
    let Some(one) = assessment.organisations.iter().find(|one| one.organisation.agb_code == agb_code) else {
        bail!(crate::service::Error::NotFound);
    };
    println!("{} {}, {}\n", agb_code, one.organisation.name, assessment.key.period);
    for score in &one.outcome.scores {
        let name = match &score.theme {
            None => String::new(),
            Some(code) => service
                .catalogue()
                .themes
                .iter()
                .find(|theme| *code == theme.code)
                .map_or_else(String::new, |theme| format!("{}: ", theme.name.get(language))),
        };
        if score.theme.is_none() || score.score.is_some() {
            println!("{name}{}", service.explain_score(Reader::Inspector, &one.outcome, score).get(language));
        }
    }
    println!();
    let mut signals: Vec<_> = one.outcome.signals.iter().collect();
    let key = |r: Option<f64>, level: Level| (level != Level::Insufficient, r.unwrap_or(f64::NEG_INFINITY));
    signals.sort_by(|a, b| {
        let (a, b) = (key(a.r, a.level), key(b.r, b.level));
        b.0.cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    for signal in signals {
        println!("- {}", service.explain_signal(Reader::Inspector, &one.organisation, signal).get(language));
    }
    println!();
    for change in &one.outcome.changes {
        println!("- {}", service.explain_change(Reader::Inspector, &one.organisation, change).get(language));
    }
    for finding in one.outcome.data.signals.iter().filter(|finding| finding.is_shown()) {
        println!("- {}", service.explain_data(finding).get(language));
    }
    Ok(())
}
