//! Asks by the types that `graphql_client` made of the schema, and prints what it read.

use graphql_client::{GraphQLQuery, Response};
use serde_json::json;

type AgbCode = String;
type DateTime = String;
type Period = String;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../../../../schema/kraamzicht.graphql",
    query_path = "../scores.graphql",
    response_derives = "Debug"
)]
struct Scores;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let setting = |name: &str| std::env::var(name);
    let variables = scores::Variables { period: setting("CLIENT_PERIOD")?, first: 5 };
    let mut response = ureq::post(setting("CLIENT_URL")?)
        .header("authorization", format!("Bearer {}", setting("CLIENT_TOKEN")?))
        .send_json(Scores::build_query(variables))?;
    let answer: Response<scores::ResponseData> = response.body_mut().read_json()?;
    let data = answer.data.ok_or_else(|| format!("{:?}", answer.errors))?;
    let rows = data.risk_scores.nodes.iter().map(|row| {
        json!({
            "agbCode": row.organisation.agb_code,
            "name": row.organisation.name,
            "level": format!("{:?}", row.level),
            "score": row.score,
            "indicators": row.contributions.iter().map(|one| &one.indicator.code).collect::<Vec<_>>(),
        })
    });
    let role = format!("{:?}", data.viewer.role);
    println!("{}", json!({ "role": role, "totalCount": data.risk_scores.total_count, "rows": rows.collect::<Vec<_>>() }));
    Ok(())
}
