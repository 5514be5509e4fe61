//! Lists that are written are, byte for byte, the lists that the engine resolves: for whatever is asked of them.

use std::{collections::BTreeSet, fmt::Write as _};

use apollo_compiler::{
    ExecutableDocument, Schema,
    ast::{FieldDefinition, Type},
    schema::ExtendedType,
    validation::Valid,
};
use async_graphql::{Executor, Request, Value, Variables, parser::parse_query};
use kraamzicht::{
    domain::{Actor, Call, Entry, Role, Scope},
    graphql::{self, Loads, Prepared, Snapshot},
    http::LiveSettings,
};
use serde_json::json;

use crate::{
    harness::sqlite,
    scene::{Events, Heard, PERIOD, Sector, Socket, World},
};

/// How many questions are asked.
const ROUNDS: u64 = 200;

/// The lists that are written, and what they take.
const LISTS: [(&str, &[&str]); 3] = [
    (
        "riskScores",
        &[
            "period: $p",
            "period: $p, theme: \"veilige_zorg_thuis\"",
            "period: $p, first: 3, orderBy: AGB_CODE",
            "period: $p, first: 2, after: $after",
            "period: \"2012\"",
        ],
    ),
    (
        "signals",
        &[
            "period: $p",
            "period: $p, filter: { levels: [ATTENTION, ELEVATED] }",
            "period: $p, first: 7, after: $after",
            "period: $p, first: 1",
        ],
    ),
    (
        "observations",
        &[
            "period: $p",
            "period: $p, first: 5, after: $after",
            "period: $p, filter: { indicators: [\"KZ06\"] }",
            "period: $p, filter: { byPart: true }",
        ],
    ),
];

/// What tables leave to the engine.
const LOOKED_UP: [&str; 9] = [
    "explanations",
    "overrides",
    "themeAlerts",
    "dataFindings",
    "change",
    "norm",
    "registration",
    "deliveries",
    "submissions",
];

/// What may be said of whether something is asked.
static DIRECTIVES: [&str; 5] = [
    "@skip(if: $yes)",
    "@skip(if: $no)",
    "@include(if: $yes)",
    "@include(if: false)",
    "@include(if: true) @skip(if: $no)",
];

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Once in so many times.
    fn once_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.next() % of.len() as u64).unwrap()]
    }
}

/// Makes up what is asked.
struct Asking<'a> {
    schema: &'a Schema,
    chance: Chance,
    /// Whether all is asked that can be, or only what tables have.
    is_wild: bool,
    fragments: Vec<String>,
}

impl Asking<'_> {
    fn fields(&self, of: &str) -> Vec<FieldDefinition> {
        let Some(ExtendedType::Object(object)) = self.schema.types.get(of) else { return Vec::new() };
        object.fields.values().map(|field| (***field).clone()).collect()
    }

    fn is_leaf(&self, of: &Type) -> bool {
        matches!(self.schema.types.get(of.inner_named_type()), Some(ExtendedType::Scalar(_) | ExtendedType::Enum(_)))
    }

    /// What is asked of an object, in braces.
    fn selection(&mut self, of: &str, depth: usize) -> String {
        let mut text = String::from("{ ");
        for _ in 0..=self.chance.next() % 4 {
            let item = self.item(of, depth);
            write!(text, "{item} ").unwrap();
        }
        // Nothing may be left when all else is skipped.
        if text == "{ " || self.chance.once_in(6) || text.contains('@') {
            text.push_str("__typename ");
        }
        text + "}"
    }

    fn item(&mut self, of: &str, depth: usize) -> String {
        match self.chance.next() % 10 {
            0 => format!("... {} ", self.selection(of, depth)),
            1 => format!("... on {of} {} {}", self.directive(), self.selection(of, depth)),
            2 if self.fragments.len() < 12 => {
                let name = format!("F{}", self.fragments.len());
                self.fragments.push(String::new());
                let selection = self.selection(of, depth);
                let place: usize = name[1..].parse().unwrap();
                self.fragments[place] = format!("fragment {name} on {of} {selection}");
                format!("...{name} {}", self.directive())
            }
            3 => "__typename".to_owned(),
            _ => self.field(of, depth),
        }
    }

    fn field(&mut self, of: &str, depth: usize) -> String {
        let fields = self.fields(of);
        let may = |field: &&FieldDefinition| {
            let is_looked_up = LOOKED_UP.contains(&field.name.as_str()) || !field.arguments.is_empty();
            let needs = field.arguments.iter().any(|argument| argument.is_required());
            (depth > 0 || self.is_leaf(&field.ty)) && !needs && (self.is_wild || !is_looked_up)
        };
        let fields: Vec<&FieldDefinition> = fields.iter().filter(may).collect();
        if fields.is_empty() {
            return "__typename".to_owned();
        }
        let field = *self.chance.one(&fields);
        // A name of its own for each field, so that the same name means the same.
        let alias =
            if self.chance.once_in(5) { format!("{}{}: ", field.name, self.chance.next() % 2) } else { String::new() };
        let inner = if self.is_leaf(&field.ty) {
            String::new()
        } else {
            let inner = field.ty.inner_named_type().to_string();
            self.selection(&inner, depth.saturating_sub(1))
        };
        format!("{alias}{} {} {inner}", field.name, self.directive())
    }

    fn directive(&mut self) -> &'static str {
        if self.chance.once_in(8) { self.chance.one::<&'static str>(&DIRECTIVES) } else { "" }
    }

    fn document(&mut self) -> String {
        let mut roots = String::new();
        for number in 0..=u64::from(self.chance.once_in(3)) {
            let (list, arguments) = *self.chance.one(&LISTS);
            let arguments = *self.chance.one(arguments);
            let page =
                self.schema.types.get("Query").and_then(|query| query.as_object()).unwrap().fields[list].ty.clone();
            let selection = self.selection(page.inner_named_type(), 4);
            // Now and then the same name twice, which the engine puts together.
            let twice = if self.chance.once_in(10) {
                let again = self.selection(page.inner_named_type(), 2);
                format!("l{number}: {list}({arguments}) {again} ")
            } else {
                String::new()
            };
            write!(roots, "l{number}: {list}({arguments}) {} {selection} {twice}", self.directive()).unwrap();
        }
        let fragments = self.fragments.join(" ");
        let all = [("$p", "Period!"), ("$after", "String!"), ("$yes", "Boolean!"), ("$no", "Boolean!")];
        let is_used = |name: &str| roots.contains(name) || fragments.contains(name);
        let used: Vec<String> =
            all.iter().filter(|(name, _)| is_used(name)).map(|(name, of)| format!("{name}: {of}")).collect();
        format!("query({}) {{ {roots} }} {fragments}", used.join(", "))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_what_would_be_resolved() {
    let sector = Sector::in_world(World::new(sqlite()).await).await;
    let service = &sector.world.service;
    let member = sector.member(5).await;
    let schema: Valid<Schema> = Schema::parse_and_validate(graphql::sdl(), "schema.graphql").unwrap();
    let engine = graphql::schema(service.clone());
    let present = service.present().await.unwrap();
    let variables =
        json!({ "p": PERIOD, "after": format!("{:x}-4", present.microseconds()), "yes": true, "no": false });
    let scopes =
        [(Role::Inspector, Scope::Sector), (Role::Organisation, Scope::Organisation(member.id.parse().unwrap()))];
    let (mut written, mut asked) = (0, BTreeSet::new());
    for round in 0..ROUNDS {
        let is_wild = round % 5 == 4;
        let mut asking = Asking { schema: &schema, chance: Chance(round * 7_919), is_wild, fragments: Vec::new() };
        let document = asking.document();
        // What two names that differ make of it is the validator's business, and refused before.
        if ExecutableDocument::parse_and_validate(&schema, &document, "d").is_err() {
            continue;
        }
        let prepared = Prepared::new(parse_query(&document).unwrap(), None);
        let (role, scope) = scopes[usize::from(round % 3 == 2)];
        let ask = async |writes: bool| {
            let actor = Actor { entry: Entry::Machine, role, scope, call: Call::LOCAL };
            let request = Request::new(document.clone()).variables(Variables::from_json(variables.clone()));
            let request = request.data(actor).data(Loads::default()).data(Snapshot::at(present));
            engine.execute(if writes { prepared.ask(request) } else { request }).await
        };
        let (one, other) = (ask(true).await, ask(false).await);
        let Value::Object(fields) = &one.data else { panic!("{document}: {one:?}") };
        let lists = fields.values().filter(|value| matches!(value, Value::Binary(_))).count();
        written += usize::from(lists > 0);
        assert!(!serde_json::to_string(&other).unwrap().is_empty());
        let (one, other) = (graphql::to_json(&one).unwrap(), graphql::to_json(&other).unwrap());
        assert_eq!(String::from_utf8(one).unwrap(), String::from_utf8(other).unwrap(), "{document}");
        asked.insert(document);
    }
    assert!(asked.len() > 150, "{} were valid", asked.len());
    assert!(written > 80, "{written} of {} were written", asked.len());
}

/// By whichever door it is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_written_list_is_the_same_by_every_door() {
    let sector = Sector::in_world(World::live(sqlite(), |_| (), LiveSettings::default()).await).await;
    let mut socket = Socket::of(&sector.world.base, sector.inspector.token()).await;
    let fields = "totalCount nodes { score organisation { name } }";
    let documents = [
        ("1", format!("query($p: Period!) {{ riskScores(period: $p) {{ {fields} }} }}")),
        // Planned when the variables are there.
        (
            "2",
            format!(
                "query($p: Period!, $no: Boolean!) {{ riskScores(period: $p) {{ {fields} knownAt @skip(if: $no) }} }}"
            ),
        ),
    ];
    for (name, document) in documents {
        let mut variables = json!({ "p": PERIOD });
        if name == "2" {
            variables["no"] = json!(true);
        }
        let answered = sector.inspector.ask(&document, &variables).await["riskScores"].take();
        assert!(answered["nodes"].as_array().unwrap().len() > 1, "{answered}");
        assert_eq!(Events::open(&sector.inspector, &document, &variables).await.told().await, answered);
        socket.subscribe(name, &document, &variables).await;
        assert_eq!(socket.told(name).await, answered);
        assert_eq!(socket.hear().await, Heard::Said(json!({ "id": name, "type": "complete" })));
    }
}

/// Nothing that a client sends can pass for what was written.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_sends_is_never_json_of_ours() {
    let sector = Sector::in_world(World::new(sqlite()).await).await;
    let raw = json!({ "$serde_json::private::RawValue": "{\"planted\":true}" });
    let document = "query($after: String) { riskScores(period: \"2025\", after: $after) { totalCount } }";
    for variables in [json!({ "after": raw }), json!({ "after": raw.to_string() })] {
        let answer = sector.inspector.try_ask(document, &variables).await;
        assert!(answer.json().get("errors").is_some(), "{answer:?}");
        assert!(!answer.text.contains("{\"planted\":true}"), "{answer:?}");
    }
}
