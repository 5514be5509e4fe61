//! probe
use crate::{
    harness::{TestDatabase, both},
    scene::{PERIOD, Questions, Sector, World},
};
use serde_json::json;
both! {
    async fn probe(database: TestDatabase) {
        let sector = Sector::in_world(World::new(database).await).await;
        let member = sector.member(5).await;
        let questions = Questions::about(PERIOD, None);
        for root in questions.roots() {
            let arguments = match root.as_str() { "distribution" => "indicator: \"KZ06\"".to_owned(), "indicator" => "code: \"KZ06\"".to_owned(), "node" => format!("id: \"{}\"", member.id), "organisation" => format!("by: {{ id: \"{}\" }}", member.id), "submission" => format!("id: \"{}\"", member.id), _ => String::new()};
            let q = questions.whole(&root, &arguments);
            let a = member.client.try_ask(&q, &json!({})).await;
            println!("{root}: {} {} {}", q.len(), a.text.len(), a.text.chars().take(300).collect::<String>());
        }
    }
}
