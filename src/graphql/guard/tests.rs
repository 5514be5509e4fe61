use std::fmt::Write as _;

use super::*;

const SDL: &str = "
    type Query { organisation(id: ID!, where: Filter): Organisation organisations(first: Int, at: [Int!]): [Organisation!]! }
    type Mutation { rename(name: String!): Organisation }
    type Subscription { published: Organisation }
    type Organisation { id: ID! name: String peers: [Organisation!]! }
    input Filter { name: String count: Int below: Filter }
";

/// The query that graphql-js writes with every option on.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name kind } \
    mutationType { name kind } subscriptionType { name kind } types { ...FullType isOneOf } \
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } } \
    fragment FullType on __Type { kind name description specifiedByURL \
    fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } \
    type { ...TypeRef } isDeprecated deprecationReason } inputFields(includeDeprecated: true) { ...InputValue } \
    interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } \
    possibleTypes { ...TypeRef } } \
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason } \
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

fn guard() -> Guard {
    Guard::new(SDL, Limits::default()).unwrap()
}

fn refusal(document: &str) -> Refusal {
    guard().admit(document, None).map(drop).unwrap_err()
}

fn exceeded(document: &str) -> (Measure, usize, usize) {
    match refusal(document) {
        Refusal::Limit(Exceeded { measure, limit, found }) => (measure, limit, found),
        other => panic!("expected a limit, found {other:?}"),
    }
}

/// `count` fragments, each of which spreads the next one twice.
fn fragment_bomb(count: usize) -> String {
    let mut document = "{ organisation(id: 1) { ...f0 } }".to_owned();
    for index in 0..count {
        let next = index + 1;
        write!(document, " fragment f{index} on Organisation {{ ...f{next} ...f{next} }}").unwrap();
    }
    document + &format!(" fragment f{count} on Organisation {{ id }}")
}

#[test]
fn selects_the_operation_and_tells_its_kind() {
    let document = "query a { organisation(id: 1) { id } } mutation b { rename(name: \"x\") { id } } \
                    subscription c { published { id } }";
    let kind = |name| guard().admit(document, Some(name)).map(|admitted| admitted.kind());
    assert_eq!(kind("a"), Ok(OperationKind::Query));
    assert_eq!(kind("b"), Ok(OperationKind::Mutation));
    assert_eq!(kind("c"), Ok(OperationKind::Subscription));
    assert_eq!(kind("d").unwrap_err().code(), "OPERATION_RESOLUTION_FAILURE");
    assert_eq!(refusal(document).code(), "OPERATION_RESOLUTION_FAILURE");
}

#[test]
fn literals_nested_2000_deep_are_refused_wherever_they_stand() {
    for (open, close) in [("[", "]"), ("{below:", "}")] {
        let value = format!("{}1{}", open.repeat(2_000), close.repeat(2_000));
        for document in [
            format!("{{ organisations(at: {value}) {{ id }} }}"),
            format!("query q($at: [Int!] = {value}) {{ organisations(at: $at) {{ id }} }}"),
            format!("{{ organisations @include(if: {value}) {{ id }} }}"),
        ] {
            let (measure, limit, _) = exceeded(&document);
            assert!(measure == Measure::Nesting && limit == 48 || measure == Measure::Bytes, "{measure:?}");
        }
    }
}

#[test]
fn fragment_bombs_are_measured_without_expanding_them() {
    for count in [22, 28, 48] {
        let (measure, limit, found) = exceeded(&fragment_bomb(count));
        assert_eq!((measure, limit), (Measure::Fields, 1_000));
        assert_eq!(found, (1 << count) + 1);
    }
    assert!(guard().admit(&fragment_bomb(9), None).is_ok());
    // More doublings than a number holds.
    let limits = Limits { fragments: 200, ..Limits::default() };
    let refused = Guard::new(SDL, limits).unwrap().admit(&fragment_bomb(100), None).map(drop).unwrap_err();
    assert_eq!(refused, Refusal::Limit(Exceeded { measure: Measure::Fields, limit: 1_000, found: usize::MAX }));
}

#[test]
fn floods_are_refused() {
    let many =
        |count: usize, part: &str| (0..count).map(|index| part.replace('#', &index.to_string())).collect::<String>();
    let measured = |document: String| exceeded(&document).0;
    assert_eq!(measured(format!("{{ {} }}", many(31, "a#: organisations { id } "))), Measure::Aliases);
    assert_eq!(measured(format!("{{ {} }}", many(21, "organisations { id } "))), Measure::RootFields);
    assert_eq!(measured(format!("{{ organisations {{ {} }} }}", many(1_001, "id "))), Measure::Fields);
    assert_eq!(measured(format!("{{ organisations {} {{ id }} }}", many(51, "@x# "))), Measure::Directives);
    assert_eq!(measured(format!("query {} {{ organisations {{ id }} }}", many(51, "@x# "))), Measure::Directives);
    assert_eq!(measured(format!("{{ organisations {{ id {} }} }}", many(51, "...@x# {id} "))), Measure::Directives);
    assert_eq!(measured(format!("{{ organisations {} {{ id }} }}", "@a".repeat(5_000))), Measure::Tokens);
    assert_eq!(measured(format!("{{ organisations {} {{ id }} }}", "@a".repeat(10_000))), Measure::Bytes);
    assert_eq!(measured(many(11, "query q# { organisations { id } } ")), Measure::Operations);
    assert_eq!(measured(many(51, "fragment f# on Organisation { id } ")), Measure::Fragments);
    assert_eq!(
        measured(format!("{{ organisations {{ {}id{} }} }}", "peers{".repeat(11), "}".repeat(11))),
        Measure::Depth
    );
    assert_eq!(measured(format!("{{ {}id{} }}", "organisations{".repeat(48), "}".repeat(48))), Measure::Nesting);
    assert_eq!(refusal("{ organisations { id } }\u{0} #").code(), "GRAPHQL_PARSE_FAILED");
}

#[test]
fn root_fields_and_depth_count_through_fragments() {
    let spread = "{ ...f ...f ...f } fragment f on Query { a: organisations { id } b: organisations { id } \
                  c: organisations { id } d: organisations { id } e: organisations { id } f: organisations { id } \
                  g: organisations { id } }";
    assert_eq!(exceeded(spread), (Measure::RootFields, 20, 21));
    let chain = format!(
        "{{ organisations {{ ...f }} }} fragment f on Organisation {{ {}id{} }}",
        "peers { ... { ".repeat(11),
        "} }".repeat(11)
    );
    assert_eq!(exceeded(&chain), (Measure::Depth, 12, 13));
}

#[test]
fn a_long_chain_of_fragments_is_a_depth_too() {
    // Operation, field, and one selection set for each fragment.
    let single = |count: usize| {
        let links: String = (0..count).fold(String::new(), |mut links, index| {
            write!(links, "fragment f{index} on Organisation {{ ...f{} }} ", index + 1).unwrap();
            links
        });
        format!("{{ organisations {{ ...f0 }} }} {links} fragment f{count} on Organisation {{ id }}")
    };
    assert!(guard().admit(&single(29), None).is_ok());
    assert_eq!(exceeded(&single(30)), (Measure::SelectionDepth, 32, 33));
    let inline = format!("{{ {} organisations {{ id }} {} }}", "... {".repeat(31), "}".repeat(31));
    assert_eq!(exceeded(&inline), (Measure::SelectionDepth, 32, 33));
}

#[test]
fn fragments_in_a_circle_are_refused() {
    for document in [
        "{ organisations { ...a } } fragment a on Organisation { ...a }",
        "{ organisations { ...a } } fragment a on Organisation { peers { ...b } } fragment b on Organisation { ...a }",
    ] {
        let refused = refusal(document);
        assert_eq!(refused.code(), "GRAPHQL_VALIDATION_FAILED");
        assert!(refused.to_string().contains("circle"), "{refused}");
    }
}

#[test]
fn introspection_has_limits_of_its_own() {
    assert!(guard().admit(INTROSPECTION, None).is_ok());
    let deep = format!("{{ __type(name: \"A\") {{ {}name{} }} }}", "ofType{".repeat(20), "}".repeat(20));
    assert_eq!(exceeded(&deep), (Measure::IntrospectionDepth, 20, 21));
    let wide = "{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } \
                a: fields { type { fields { args { type { fields { name } } } } } } } } }";
    assert_eq!(exceeded(wide).0, Measure::IntrospectionWeight);
    // The way through a fragment is no way around.
    let hidden = "{ ...q } fragment q on Query { __schema { ...s } } fragment s on __Schema { types { ...t } } \
                  fragment t on __Type { fields { type { fields { type { fields { args { type { name kind } } } } } } } }";
    assert_eq!(exceeded(hidden).0, Measure::IntrospectionWeight);
    // A field of ours does not become cheaper beside it.
    let beside = format!(
        "{{ __schema {{ queryType {{ name }} }} organisations {{ {}id{} }} }}",
        "peers{".repeat(11),
        "}".repeat(11)
    );
    assert_eq!(exceeded(&beside).0, Measure::Depth);
}

#[test]
fn brackets_in_texts_and_comments_do_not_count() {
    let many = "[".repeat(100);
    for document in [
        format!("{{ organisation(id: \"{many}\\\"{many}\") {{ id }} }}"),
        format!("{{ organisation(id: \"\"\"{many}\\\"\"\" \" {many}\"\"\") {{ id }} }}"),
        format!("# {many} \"\n{{ organisation(id: \"\") {{ id }} }}"),
    ] {
        assert!(guard().admit(&document, None).is_ok(), "{document}");
    }
    for open in ["\"", "\"\"\"", "\"\\", "\"a\nb\"", "\"\"\"\\\"\"\""] {
        assert_eq!(refusal(&format!("{{ organisation(id: {open}")).code(), "GRAPHQL_PARSE_FAILED");
    }
    let Refusal::Parse(complaints) = refusal("{\n  a(b: \"x") else { panic!("expected a parse error") };
    assert_eq!(complaints[0].place, Some(Place { line: 2, column: 8 }));
}

#[test]
fn what_the_engine_would_accept_wrongly_is_refused() {
    for document in [
        "{ organisation(id: 1) { name } organisation(id: 2) { name } }",
        "query q($first: String) { organisations(first: $first) { id } }",
        "query q($id: ID) { organisation(id: $id) { id } }",
        "subscription { a: published { id } b: published { id } }",
        "{ organisation(id: 1, where: { count: 1, count: 2 }) { id } }",
        "{ organisations(first: 99999999999) { id } }",
        "{ missing }",
    ] {
        assert_eq!(refusal(document).code(), "GRAPHQL_VALIDATION_FAILED", "{document}");
    }
}

#[test]
fn variables_are_held_to_their_declarations() {
    let document = "query q($first: Int, $where: Filter) { organisations(first: $first) { id } \
                    organisation(id: 1, where: $where) { id } }";
    let admitted = guard().admit(document, None).unwrap();
    let check = |json: serde_json::Value| admitted.check_variables(json.as_object().unwrap());
    assert_eq!(check(serde_json::json!({ "first": 3, "where": { "below": { "count": 1 } } })), Ok(()));
    for wrong in [serde_json::json!({ "first": "3" }), serde_json::json!({ "where": { "below": { "count": "x" } } })] {
        assert_eq!(check(wrong).unwrap_err().code(), "BAD_USER_INPUT");
    }
}

#[test]
fn a_hundred_wrong_names_give_twenty_complaints() {
    let document = format!(
        "{{ organisations {{ {} }} }}",
        (0..100).map(|index| format!("x{index}")).collect::<Vec<_>>().join(" ")
    );
    let Refusal::Validation(complaints) = refusal(&document) else { panic!("expected validation to fail") };
    assert_eq!(complaints.len(), COMPLAINTS);
    assert!(complaints[0].place.is_some());
}
