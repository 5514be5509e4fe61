//! Those who talk to the service, over HTTP, with their own token.

use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use super::Indicators;

/// What a submission is asked for when a test looks at it.
const SUBMISSION: &str = "fragment S on Submission { id dataset state periods fileName upload { id sha256 }
    rows { read accepted rejected } findings { number code severity column columnLetters columnNumber message { nl en }
    occurrences { line row sheetRow value } explanations { text } } events { state reason } receipt { id } }";

/// Somebody with a token, or without.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header as text; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Client {
    /// Somebody who talks to the server at `base`.
    pub(crate) fn new(base: &str, token: Option<&str>) -> Self {
        Self { http: reqwest::Client::new(), base: base.to_owned(), token: token.map(str::to_owned) }
    }

    /// The token that it carries; empty without one.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// Where the server is.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// A request that carries the token.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request; the answer is read whole.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.unwrap()
    }

    /// Sends a request that may be cut off.
    pub(crate) async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    /// Fetches a page.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Prepares a GraphQL request.
    pub(crate) fn graphql(&self, query: &str, variables: &Value) -> RequestBuilder {
        self.request(Method::POST, "/graphql")
            .header("accept", "application/graphql-response+json")
            .json(&json!({ "query": query, "variables": variables }))
    }

    /// Asks, and takes whatever comes.
    pub(crate) async fn try_ask(&self, query: &str, variables: &Value) -> Answer {
        self.send(self.graphql(query, variables)).await
    }

    /// Asks something that must be answered: the data.
    pub(crate) async fn ask(&self, query: &str, variables: &Value) -> Value {
        let answer = self.try_ask(query, variables).await;
        let mut body = answer.json();
        assert!(answer.status == StatusCode::OK && body.get("errors").is_none(), "{query}\n{variables}\n{answer:?}");
        body["data"].take()
    }

    /// Sends a file.
    pub(crate) async fn upload(&self, file_name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
        let request = self.request(Method::POST, &format!("/uploads?fileName={file_name}"));
        self.send(request.header("content-type", "text/csv").body(bytes.into())).await
    }

    /// Makes a submission of a file; the payload of the mutation.
    pub(crate) async fn create(&self, bytes: impl Into<Vec<u8>>, dataset: Option<&str>) -> Value {
        self.create_named("indicatoren.csv", bytes, dataset).await
    }

    /// The same with a name for the file.
    pub(crate) async fn create_named(&self, name: &str, bytes: impl Into<Vec<u8>>, dataset: Option<&str>) -> Value {
        let upload = self.upload(name, bytes).await;
        assert_eq!(upload.status, StatusCode::CREATED, "{upload:?}");
        let input = json!({ "uploadId": upload.json()["id"], "dataset": dataset });
        self.mutate("createSubmission", "CreateSubmissionInput", "submission { ...S }", &input).await
    }

    /// Sends a file and has it checked.
    pub(crate) async fn submit(&self, file: &Indicators) -> Submission {
        Submission::of(&self.create(file.bytes(), Some("indicatoren")).await)
    }

    /// Explains a finding; the payload.
    pub(crate) async fn explain(&self, submission: &Submission, finding: u64, text: &str) -> Value {
        let input = json!({ "submissionId": submission.id, "finding": finding, "text": text });
        self.mutate("explainFinding", "ExplainFindingInput", "submission { ...S }", &input).await
    }

    /// Looks at what would change and approves that; the payload.
    pub(crate) async fn approve(&self, submissions: &[&Submission]) -> Value {
        let seen = self.approval_seen(submissions).await;
        self.ask(&Self::approval(), &seen).await["done"].take()
    }

    /// The variables of an approval of what would change now, with a reason for it.
    pub(crate) async fn approval_seen(&self, submissions: &[&Submission]) -> Value {
        let mut variables = Self::approval_of(submissions);
        variables["input"]["basis"] = self.preview(submissions).await["preview"]["basis"].take();
        variables["input"]["correction"] = json!({ "class": "CONTENT", "reason": "Er stonden fouten in." });
        variables
    }

    /// What an approval would change: the payload.
    pub(crate) async fn preview(&self, submissions: &[&Submission]) -> Value {
        let query = "query($ids: [ID!]!) { approvalPreview(submissionIds: $ids) { preview { basis supersedes
            places { submissionId dataset period version inForceId } counts { new changed unchanged disappeared }
            differences { change agbCode period indicator { code } before { numerator denominator }
                after { numerator denominator } submissionId } } userErrors { code } } }";
        let ids: Vec<&str> = submissions.iter().map(|one| one.id.as_str()).collect();
        self.ask(query, &json!({ "ids": ids })).await["approvalPreview"].take()
    }

    /// The document that approves.
    pub(crate) fn approval() -> String {
        mutation("approveSubmissions", "ApproveSubmissionsInput", "submissions { ...S } approvedAt runIds")
    }

    /// Its variables, where nothing is in force.
    pub(crate) fn approval_of(submissions: &[&Submission]) -> Value {
        let ids: Vec<&str> = submissions.iter().map(|one| one.id.as_str()).collect();
        json!({ "input": { "submissionIds": ids } })
    }

    /// Withdraws; the payload.
    pub(crate) async fn withdraw(&self, submission: &Submission, reason: &str) -> Value {
        let input = json!({ "submissionId": submission.id, "reason": reason });
        self.mutate("withdrawSubmission", "WithdrawSubmissionInput", "submission { ...S } runIds", &input).await
    }

    /// The submission as it is now; nothing when it cannot be seen.
    pub(crate) async fn look_at(&self, id: &str) -> Value {
        let query = format!("query($id: ID!) {{ submission(id: $id) {{ ...S }} }} {SUBMISSION}");
        self.ask(&query, &json!({ "id": id })).await["submission"].take()
    }

    async fn mutate(&self, field: &str, input_type: &str, selection: &str, input: &Value) -> Value {
        self.ask(&mutation(field, input_type, selection), &json!({ "input": input })).await["done"].take()
    }
}

fn mutation(field: &str, input_type: &str, selection: &str) -> String {
    format!(
        "mutation($input: {input_type}!) {{ done: {field}(input: $input) {{ {selection}
            userErrors {{ code path message {{ nl en }} }} }} }} {SUBMISSION}"
    )
}

/// A submission as its sender sees it.
#[derive(Clone, Debug)]
pub(crate) struct Submission {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) shown: Value,
}

impl Submission {
    /// The submission that a payload shows.
    pub(crate) fn of(payload: &Value) -> Self {
        let shown = payload["submission"].clone();
        let text = |name: &str| shown[name].as_str().unwrap_or_else(|| panic!("{payload}")).to_owned();
        Self { id: text("id"), state: text("state"), shown }
    }

    /// The codes of its findings with this severity.
    pub(crate) fn codes(&self, severity: &str) -> Vec<&str> {
        let findings = self.shown["findings"].as_array().unwrap().iter();
        findings.filter(|one| one["severity"] == severity).map(|one| one["code"].as_str().unwrap()).collect()
    }
}

/// An organisation that delivers.
#[derive(Clone, Debug)]
pub(crate) struct Organisation {
    pub(crate) agb_code: String,
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) client: Client,
}

impl Organisation {
    /// A whole file with its ordinary numbers.
    pub(crate) fn file(&self, period: &str) -> Indicators {
        let place = self.agb_code.get(4..).unwrap().parse().unwrap();
        Indicators::ordinary(&self.agb_code, period, place)
    }

    /// Sends a file and approves it.
    pub(crate) async fn deliver(&self, file: &Indicators) -> Submission {
        let submission = self.client.submit(file).await;
        let payload = self.client.approve(&[&submission]).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}\n{submission:?}");
        Submission::of(&json!({ "submission": payload["submissions"][0] }))
    }
}
