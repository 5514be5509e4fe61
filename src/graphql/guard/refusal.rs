use std::fmt;

use apollo_compiler::parser::LineColumn;

use crate::domain::Text;

/// Why a document is not executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It asks more than allowed.
    Limit(Exceeded),
    /// It is not GraphQL.
    Parse(Vec<Complaint>),
    /// It is GraphQL, but not for this schema.
    Validation(Vec<Complaint>),
    /// No operation, or not one operation, answers to the given name.
    Operation(String),
    /// The variables are not what the operation declares.
    Variables(Vec<Complaint>),
}

/// A limit that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// What was measured.
    pub measure: Measure,
    /// The most that is allowed.
    pub limit: usize,
    /// What was found; where counting stopped at the limit, the first number above it.
    pub found: usize,
}

/// What is limited. See [`super::Limits`] for the exact meaning of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Bytes of the document.
    Bytes,
    /// Tokens of the document.
    Tokens,
    /// Open brackets.
    Nesting,
    /// Fields after expansion.
    Fields,
    /// Depth of fields.
    Depth,
    /// Depth of selection sets.
    SelectionDepth,
    /// Depth of fields of introspection.
    IntrospectionDepth,
    /// Weighted fields of introspection.
    IntrospectionWeight,
    /// Aliases.
    Aliases,
    /// Root fields.
    RootFields,
    /// Operations.
    Operations,
    /// Fragments.
    Fragments,
    /// Directives.
    Directives,
}

/// One thing that is wrong, in the words of the validator (English, as the names in a document are).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// What is wrong.
    pub message: String,
    /// Where in the document.
    pub place: Option<Place>,
}

/// A place in a document; both count from one, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl From<LineColumn> for Place {
    fn from(at: LineColumn) -> Self {
        Self { line: at.line, column: at.column }
    }
}

impl Refusal {
    /// The stable code that clients may rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Limit(exceeded) => exceeded.measure.code(),
            Self::Parse(_) => "GRAPHQL_PARSE_FAILED",
            Self::Validation(_) => "GRAPHQL_VALIDATION_FAILED",
            Self::Operation(_) => "OPERATION_RESOLUTION_FAILURE",
            Self::Variables(_) => "BAD_USER_INPUT",
        }
    }
}

impl Measure {
    const fn code(self) -> &'static str {
        match self {
            Self::Bytes | Self::Tokens => "DOCUMENT_TOO_LARGE",
            Self::Nesting | Self::Depth | Self::SelectionDepth | Self::IntrospectionDepth => "QUERY_TOO_DEEP",
            Self::Fields
            | Self::IntrospectionWeight
            | Self::Aliases
            | Self::RootFields
            | Self::Operations
            | Self::Fragments
            | Self::Directives => "QUERY_TOO_COSTLY",
        }
    }

    /// The plural noun, Dutch and English.
    const fn noun(self) -> (&'static str, &'static str) {
        match self {
            Self::Bytes => ("bytes", "bytes"),
            Self::Tokens => ("tekens en woorden", "tokens"),
            Self::Nesting => ("haakjes in elkaar", "brackets inside one another"),
            Self::Fields => ("velden, fragmenten uitgeschreven", "fields with fragments written out"),
            Self::Depth => ("lagen velden", "levels of fields"),
            Self::SelectionDepth => ("selecties in elkaar", "selections inside one another"),
            Self::IntrospectionDepth => ("lagen introspectie", "levels of introspection"),
            Self::IntrospectionWeight => ("gewogen velden introspectie", "weighted fields of introspection"),
            Self::Aliases => ("aliassen", "aliases"),
            Self::RootFields => ("velden op het hoogste niveau", "fields at the top level"),
            Self::Operations => ("operaties", "operations"),
            Self::Fragments => ("fragmenten", "fragments"),
            Self::Directives => ("directives", "directives"),
        }
    }
}

impl Exceeded {
    /// The refusal in words.
    pub fn text(&self) -> Text {
        let (nl, en) = self.measure.noun();
        let Self { limit, found, .. } = self;
        Text {
            nl: format!(
                "Deze vraag is te groot: {found} {nl}, en er mogen er {limit} zijn. Verdeel haar over meer vragen."
            ),
            en: format!("This request is too large: {found} {en}, where {limit} are allowed. Split it into several."),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(exceeded) => f.write_str(&exceeded.text().en),
            Self::Operation(message) => f.write_str(message),
            Self::Parse(complaints) | Self::Validation(complaints) | Self::Variables(complaints) => {
                f.write_str(complaints.first().map_or("the document is invalid", |first| &first.message))
            }
        }
    }
}

impl std::error::Error for Refusal {}
