//! Every question that the schema knows, asked for all that it can answer. Taken from the schema itself, so that a
//! new field is asked for without anybody thinking of it.

use std::collections::BTreeSet;

use apollo_compiler::{
    ExecutableDocument, Schema,
    ast::{FieldDefinition, Type},
    executable::{Selection, SelectionSet},
    schema::ExtendedType,
    validation::Valid,
};
use kraamzicht::graphql;

/// How many types deep an answer is asked for.
const DEPTH: usize = 4;

/// The schema, and what to fill in for the arguments that its fields share.
#[derive(Debug)]
pub(crate) struct Questions {
    pub(crate) schema: Valid<Schema>,
    period: String,
    known_at: Option<String>,
    page: u32,
}

impl Questions {
    /// Questions about `period`, as known now or at a moment.
    pub(crate) fn about(period: &str, known_at: Option<&str>) -> Self {
        let schema = Schema::parse_and_validate(graphql::sdl(), "schema.graphql").unwrap();
        Self { schema, period: period.to_owned(), known_at: known_at.map(str::to_owned), page: 100 }
    }

    /// The same with smaller pages.
    pub(crate) fn in_pages_of(self, page: u32) -> Self {
        Self { page, ..self }
    }

    /// The root fields that questions are asked by.
    pub(crate) fn roots(&self) -> Vec<String> {
        self.fields("Query").iter().map(|field| field.name.to_string()).collect()
    }

    /// The root fields that mutations are asked by.
    pub(crate) fn mutations(&self) -> Vec<String> {
        self.fields("Mutation").iter().map(|field| field.name.to_string()).collect()
    }

    /// The root fields of what can be followed.
    pub(crate) fn subscriptions(&self) -> Vec<String> {
        self.fields("Subscription").iter().map(|field| field.name.to_string()).collect()
    }

    /// A subscription with all that it tells.
    pub(crate) fn follow(&self, root: &str, arguments: &str) -> String {
        let fields = self.fields("Subscription");
        let field = fields.iter().find(|field| field.name == root).unwrap();
        format!("subscription {{ {} }}", self.field(field, arguments, &["Subscription"]).unwrap())
    }

    /// Whether a root field can be asked about the past.
    pub(crate) fn knows_the_past(&self, root: &str) -> bool {
        let fields = self.fields("Query");
        let field = fields.iter().find(|field| field.name == root).unwrap();
        field.arguments.iter().any(|argument| argument.name == "asKnownAt")
    }

    /// The whole answer of a root field; `arguments` are those that only it has.
    pub(crate) fn whole(&self, root: &str, arguments: &str) -> String {
        let fields = self.fields("Query");
        let field = fields.iter().find(|field| field.name == root).unwrap();
        format!("{{ {} }}", self.field(field, arguments, &["Query"]).unwrap())
    }

    /// A mutation with its whole answer; the variable `input` is what is handed in.
    pub(crate) fn change(&self, root: &str) -> String {
        let fields = self.fields("Mutation");
        let field = fields.iter().find(|field| field.name == root).unwrap();
        let input = &field.arguments.iter().find(|argument| argument.name == "input").unwrap().ty;
        format!("mutation($input: {input}) {{ {} }}", self.field(field, "input: $input", &["Mutation"]).unwrap())
    }

    /// The root fields that are lists in pages, each with a question for the first row from a cursor on (`$after`).
    pub(crate) fn walks(&self) -> Vec<(String, String)> {
        let fields = self.fields("Query").into_iter();
        let paged = fields.filter(|field| field.arguments.iter().any(|argument| argument.name == "after"));
        paged
            .map(|field| {
                let period = field.arguments.iter().any(|argument| argument.name == "period");
                let period = if period { format!("period: \"{}\", ", self.period) } else { String::new() };
                let shown =
                    "totalCount knownAt pageInfo { endCursor hasNextPage } edges { cursor node { __typename } }";
                let question = format!(
                    "query($after: String) {{ {}({period}first: 1, after: $after) {{ {shown} }} }}",
                    field.name
                );
                (field.name.to_string(), question)
            })
            .collect()
    }

    /// The fields that a question asks for, as `Type.field`.
    pub(crate) fn asked_by(&self, question: &str) -> BTreeSet<String> {
        let document = ExecutableDocument::parse_and_validate(&self.schema, question, "question.graphql").unwrap();
        let mut asked = BTreeSet::new();
        let operation = document.operations.get(None).unwrap();
        collect(&operation.selection_set, &mut asked);
        asked
    }

    /// Every field of every object type that gives an object, as `Type.field`, with the type it gives.
    pub(crate) fn leads(&self) -> Vec<(String, String, String)> {
        let mut leads = Vec::new();
        for (name, kind) in self.schema.types.iter().filter(|(_, kind)| !kind.is_built_in()) {
            let ExtendedType::Object(object) = kind else { continue };
            for field in object.fields.values() {
                leads.push((name.to_string(), field.name.to_string(), field.ty.inner_named_type().to_string()));
            }
        }
        leads
    }

    /// The object types that are not of GraphQL itself.
    pub(crate) fn objects(&self) -> BTreeSet<String> {
        let own = self.schema.types.iter().filter(|(_, kind)| !kind.is_built_in() && kind.is_object());
        own.map(|(name, _)| name.to_string()).collect()
    }

    fn fields(&self, name: &str) -> Vec<&FieldDefinition> {
        match &self.schema.types[name] {
            ExtendedType::Object(object) => object.fields.values().map(|field| &***field).collect(),
            ExtendedType::Interface(interface) => interface.fields.values().map(|field| &***field).collect(),
            other => panic!("{name} has no fields: {other:?}"),
        }
    }

    /// The field with all that is below it; nothing when it leads back to where it came from.
    fn field(&self, field: &FieldDefinition, arguments: &str, path: &[&str]) -> Option<String> {
        let mut given = Vec::new();
        if !arguments.is_empty() {
            given.push(arguments.to_owned());
        }
        for argument in &field.arguments {
            match argument.name.as_str() {
                "period" => given.push(format!("period: \"{}\"", self.period)),
                "input" => {}
                "first" => given.push(format!("first: {}", self.page)),
                "asKnownAt" => given.extend(self.known_at.as_ref().map(|moment| format!("asKnownAt: \"{moment}\""))),
                name => assert!(
                    !argument.is_required() || arguments.contains(&format!("{name}:")),
                    "{} takes {name}, and no test says what to give",
                    field.name
                ),
            }
        }
        let given = if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) };
        let name = &field.name;
        let below = self.selection(&field.ty, path)?;
        Some(format!("{name}{given}{below}"))
    }

    fn selection(&self, of: &Type, path: &[&str]) -> Option<String> {
        let name = of.inner_named_type().as_str();
        let kind = &self.schema.types[name];
        if kind.is_leaf() {
            return Some(String::new());
        }
        if path.contains(&name) || path.len() > DEPTH {
            return None;
        }
        let path: Vec<&str> = path.iter().copied().chain([name]).collect();
        let members: Vec<&str> = match kind {
            ExtendedType::Interface(_) => self.implementers(name),
            _ => vec![name],
        };
        // What the catalogue says is the same for all; its own question asks for the whole of it.
        if name == "Indicator" && path.len() > 2 {
            return Some(" { code }".to_owned());
        }
        // So do signals, which are asked for whole by their own; below a score, what would tell whose they are.
        if name == "Signal" && path.len() > 3 {
            let told = "organisation { id agbCode name } indicator { code } numerator denominator value";
            return Some(format!(" {{ {told} explanation {{ nl en }} }}"));
        }
        // The document says all that its fields say.
        if name == "Receipt" && path.len() > 2 {
            return Some(" { id document }".to_owned());
        }
        let parts: Vec<String> = members
            .into_iter()
            .map(|member| {
                // A page shows each node twice: by its edge too.
                let fields = self.fields(member).into_iter().filter(|field| field.name != "edges");
                let asked = |field: &FieldDefinition| match (member, field.name.as_str()) {
                    // Whose it is; the organisation is asked for whole by its own question.
                    ("Mandate", "organisation") => Some("organisation { id agbCode name }".to_owned()),
                    _ => self.field(field, "", &path),
                };
                let fields: Vec<String> = fields.filter_map(asked).collect();
                format!("... on {member} {{ {} }}", fields.join(" "))
            })
            .collect();
        Some(format!(" {{ {} }}", parts.join(" ")))
    }

    fn implementers(&self, interface: &str) -> Vec<&str> {
        let implements = |kind: &ExtendedType| match kind {
            ExtendedType::Object(object) => object.implements_interfaces.iter().any(|name| name.as_str() == interface),
            _ => false,
        };
        self.schema.types.iter().filter(|(_, kind)| implements(kind)).map(|(name, _)| name.as_str()).collect()
    }
}

fn collect(selections: &SelectionSet, asked: &mut BTreeSet<String>) {
    for selection in &selections.selections {
        match selection {
            Selection::Field(field) => {
                asked.insert(format!("{}.{}", selections.ty, field.name));
                collect(&field.selection_set, asked);
            }
            Selection::InlineFragment(fragment) => collect(&fragment.selection_set, asked),
            Selection::FragmentSpread(_) => {}
        }
    }
}
