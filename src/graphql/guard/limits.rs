/// How large a document may be and how much it may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document.
    pub bytes: usize,
    /// Lexical tokens; white space, commas and comments do not count.
    pub tokens: usize,
    /// Brackets of any kind open at the same time.
    pub nesting: usize,
    /// Fields, every fragment counted where it is spread.
    pub fields: usize,
    /// Fields below one another, outside introspection.
    pub depth: usize,
    /// Selection sets inside one another, those of fragments and that of the operation included. The engine has a
    /// limit of its own at 33.
    pub selection_depth: usize,
    /// Fields below one another, counted from `__schema` or `__type`.
    pub introspection_depth: usize,
    /// Fields of introspection, those inside a list counted ten times for every list around them: lists of types
    /// in lists of fields multiply the answer although the document stays small.
    pub introspection_weight: usize,
    /// Fields with an alias, as written.
    pub aliases: usize,
    /// Fields of the operation itself, every fragment counted where it is spread.
    pub root_fields: usize,
    /// Operations in the document.
    pub operations: usize,
    /// Fragment definitions in the document.
    pub fragments: usize,
    /// Directives, as written.
    pub directives: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 16 * 1024,
            tokens: 2_000,
            nesting: 48,
            fields: 1_000,
            depth: 12,
            selection_depth: 32,
            // The introspection query of graphql-js goes 15 deep and weighs some 52,000.
            introspection_depth: 20,
            introspection_weight: 80_000,
            aliases: 30,
            root_fields: 20,
            operations: 10,
            fragments: 50,
            directives: 50,
        }
    }
}
