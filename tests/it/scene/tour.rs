//! A page with commands, typed into a shell as a newcomer does.

use std::{path::Path, process::Command};

/// The commands of a page, and what it says that each answers.
#[derive(Debug)]
pub(crate) struct Tour {
    steps: Vec<Step>,
}

#[derive(Debug, Default)]
struct Step {
    commands: String,
    answers: Vec<String>,
}

/// Where pages say that the server is.
pub(crate) const ADDRESS: &str = "server=http://127.0.0.1:8080\n";

/// Printed after each step, so that its answer is told from the next.
const MARK: &str = "-- end of a step --";

impl Tour {
    /// What stands in `page` below `heading`.
    pub(crate) fn of(page: &str, heading: &str) -> Self {
        let (_, tour) = page.split_once(&format!("## {heading}\n")).unwrap();
        let tour = tour.split("\n## ").next().unwrap();
        let mut steps: Vec<Step> = Vec::new();
        let mut fence = None;
        for line in tour.lines() {
            match (line.strip_prefix("```"), fence) {
                (Some("sh"), None) => {
                    steps.push(Step::default());
                    fence = Some("sh");
                }
                (Some(other), None) => fence = Some(if other == "text" { "text" } else { "unknown" }),
                (Some(_), Some(_)) => fence = None,
                (None, Some("sh")) => steps.last_mut().unwrap().commands.extend([line, "\n"]),
                (None, Some("text")) => steps.last_mut().unwrap().answers.push(line.to_owned()),
                _ => {}
            }
        }
        Self { steps }
    }

    /// Types it into a shell in `folder`, with other lines in place of some of the first step, and compares the answers.
    pub(crate) fn walk(&self, replaced: &[(&str, &str)], folder: &Path) {
        assert!(self.steps.len() > 4);
        let end = format!("echo '{MARK}'\n");
        let mut commands: String =
            self.steps.iter().flat_map(|step| [&step.commands, &end]).map(String::as_str).collect();
        for (line, other) in replaced {
            assert!(self.steps[0].commands.contains(line), "{line}");
            commands = commands.replace(line, other);
        }
        let mut command = Command::new("bash");
        let output = command.args(["-euo", "pipefail", "-c", &commands]).current_dir(folder).output().unwrap();
        let (shown, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{shown}\n{errors}");
        for (step, answer) in self.steps.iter().zip(shown.split(MARK)) {
            for expected in &step.answers {
                assert!(answer.contains(expected), "the page promises {expected}\nof\n{}{answer}", step.commands);
            }
        }
    }
}
