use jsonwebtoken::{Header, Validation, decode, decode_header};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Map, Value, json};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use url::Url;

use super::{
    Attempt, Rules, Secret,
    claims::{self, Expected},
    crypto,
    description::Description,
    is_protected,
    keys::Keys,
};
use crate::domain::{Capacity, Digest, Instant};

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn now() -> Instant {
    Instant::parse("2026-03-02T09:00:00Z").unwrap()
}

fn good() -> Value {
    let now = now().microseconds() / 1_000_000;
    json!({
        "iss": "https://login.example", "aud": "kraamzicht", "sub": "4711", "nonce": "n", "exp": now + 300, "iat": now,
    })
}

fn checked(change: impl FnOnce(&mut Value)) -> Result<Digest, &'static str> {
    let mut claims = good();
    change(&mut claims);
    let expected = Expected { issuer: "https://login.example", client_id: "kraamzicht", nonce: "n", now: now() };
    claims::check(&object(&claims), &expected)
}

#[test]
fn a_token_is_for_this_service_this_attempt_and_now() {
    let now = now().microseconds() / 1_000_000;
    let subject = checked(|_| ()).unwrap();
    assert_eq!(checked(|claims| claims["aud"] = json!(["kraamzicht"])), Ok(subject));
    assert_eq!(
        checked(|claims| (claims["aud"], claims["azp"]) = (json!(["other", "kraamzicht"]), json!("kraamzicht"))),
        Ok(subject)
    );
    assert_ne!(checked(|claims| claims["sub"] = json!("4712")), Ok(subject));
    // Clocks differ by up to a minute.
    assert_eq!(checked(|claims| claims["exp"] = json!(now - 59)), Ok(subject));
    assert_eq!(checked(|claims| claims["iat"] = json!(now + 60)), Ok(subject));
    for (name, value) in [
        ("iss", json!("https://login.example/")),
        ("iss", json!(null)),
        ("aud", json!("other")),
        ("aud", json!([])),
        ("azp", json!("other")),
        ("exp", json!(now - 60)),
        ("exp", json!("later")),
        ("exp", json!(null)),
        ("iat", json!(now + 61)),
        ("iat", json!(null)),
        ("nbf", json!(now + 61)),
        ("nonce", json!("m")),
        ("nonce", json!(null)),
        ("sub", json!("")),
        ("sub", json!(1)),
        ("sub", json!("x".repeat(256))),
    ] {
        assert_eq!(checked(|claims| claims[name] = value.clone()), Err(name), "{value}");
    }
    assert_eq!(checked(|claims| claims["aud"] = json!(["other", "kraamzicht"])), Err("azp"));
}

#[test]
fn claims_give_one_role_or_none() {
    let rules = Rules::parse(
        r#"
        scopes = ["roles"]
        [[inspector]]
        claim = ["realm_access", "roles"]
        value = "kraamzicht-inspecteur"
        [[organisation]]
        claim = "agb_code"
        only_with = { claim = "roles", value = "kraamzicht" }
        [[organisation]]
        claim = "https://example.nl/agb"
        "#,
    )
    .unwrap();
    let capacity = |claims: Value| rules.capacity(&object(&claims));
    let organisation = Some(Capacity::Organisation("33991001".parse().unwrap()));
    assert_eq!(rules.scopes, ["roles"]);
    assert_eq!(
        capacity(json!({ "realm_access": { "roles": ["other", "kraamzicht-inspecteur"] } })),
        Some(Capacity::Inspector)
    );
    assert_eq!(capacity(json!({ "agb_code": "33991001", "roles": "kraamzicht" })), organisation);
    assert_eq!(capacity(json!({ "https://example.nl/agb": ["33991001", "33991001"] })), organisation);
    assert_eq!(capacity(json!({ "https://example.nl/agb": 33_991_001 })), organisation);
    for nobody in [
        json!({}),
        json!({ "roles": "kraamzicht-inspecteur" }),
        json!({ "realm_access": "kraamzicht-inspecteur" }),
        json!({ "realm_access": { "roles": "kraamzicht-inspecteurs" } }),
        json!({ "realm_access.roles": ["kraamzicht-inspecteur"] }),
        json!({ "agb_code": "33991001" }),
        json!({ "agb_code": "33991001", "roles": ["other"] }),
        json!({ "https://example.nl/agb": "" }),
        json!({ "https://example.nl/agb": "3399100" }),
        json!({ "https://example.nl/agb": ["33991001", "33991002"] }),
        json!({ "https://example.nl/agb": ["33991001", "x"] }),
        json!({ "https://example.nl/agb": "33991001", "realm_access": { "roles": ["kraamzicht-inspecteur"] } }),
        json!({ "https://example.nl/agb": true }),
    ] {
        assert_eq!(capacity(nobody.clone()), None, "{nobody}");
    }
    for wrong in [
        "",
        "scopes = [\"x\"]",
        "[[inspector]]\nclaim = \"\"\nvalue = \"x\"",
        "[[inspector]]\nclaim = \"a\"\nvalue = \"\"",
        "[[inspector]]\nclaim = []\nvalue = \"x\"",
        "[[inspector]]\nclaim = \"a\"",
        "[[operator]]\nclaim = \"a\"\nvalue = \"x\"",
    ] {
        assert!(Rules::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn an_attempt_gives_nothing_away() {
    let (one, other) = (Attempt::new([1; 32]), Attempt::new([2; 32]));
    assert_eq!(Attempt::parse(&one.secret()), Some(one));
    let all = |attempt: &Attempt| {
        [
            attempt.secret(),
            attempt.key().to_string(),
            attempt.state(),
            attempt.nonce(),
            attempt.verifier(),
            attempt.challenge(),
        ]
    };
    let texts: std::collections::BTreeSet<String> = all(&one).into_iter().chain(all(&other)).collect();
    assert_eq!(texts.len(), 12);
    assert!((43..=128).contains(&one.verifier().len()) && one.challenge().len() == 43);
    assert!(!format!("{one:?}").contains(&one.secret()) && Attempt::parse("01").is_none());
    assert!(!format!("{:?}", "hunter2".parse::<Secret>().unwrap()).contains("hunter2"));
}

#[test]
fn what_goes_in_the_clear_stays_on_this_machine() {
    let protected = |text: &str| is_protected(&Url::parse(text).unwrap());
    for good in ["https://login.example", "http://127.0.0.1:8080", "http://[::1]:1", "http://localhost:3000/x"] {
        assert!(protected(good), "{good}");
    }
    for bad in [
        "http://login.example",
        "http://127.0.0.1.example",
        "http://localhost.example",
        "ftp://localhost",
        "file:///etc",
    ] {
        assert!(!protected(bad), "{bad}");
    }
}

#[test]
fn a_description_is_that_of_the_issuer_and_knows_pkce() {
    let of = |change: fn(&mut Value)| {
        let mut description = json!({
            "issuer": "https://login.example", "authorization_endpoint": "https://login.example/a",
            "token_endpoint": "https://login.example/t", "jwks_uri": "https://login.example/k",
        });
        change(&mut description);
        Description::read(description.to_string().as_bytes(), "https://login.example")
    };
    let plain = of(|_| ()).unwrap();
    assert!(!plain.wants_secret_in_form() && plain.end_session_endpoint.is_none());
    let posts = of(|one| one["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"])).unwrap();
    assert!(posts.wants_secret_in_form());
    let both = of(|one| {
        one["token_endpoint_auth_methods_supported"] = json!(["client_secret_post", "client_secret_basic"]);
    });
    assert!(!both.unwrap().wants_secret_in_form());
    assert!(of(|one| one["issuer"] = json!("https://other.example")).is_err());
    assert!(of(|one| one["code_challenge_methods_supported"] = json!(["plain"])).is_err());
    assert!(of(|one| one["code_challenge_methods_supported"] = json!(["plain", "S256"])).is_ok());
    assert!(of(|one| one["token_endpoint"] = json!("/t")).is_err());
}

/// A key that signs, as the provider publishes it.
enum Signer {
    Curve(EcdsaKeyPair),
    Edwards(Ed25519KeyPair),
}

impl Signer {
    fn curve() -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self::Curve(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap())
    }

    fn edwards() -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Edwards(Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap())
    }

    fn jwk(&self, kid: &str) -> Value {
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Curve(key) => {
                let point = key.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "x": encoded(&point[1..33]), "y": encoded(&point[33..]) })
            }
            Self::Edwards(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": encoded(key.public_key().as_ref()) })
            }
        }
    }

    fn token(&self, header: &Value) -> String {
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encoded(header), encoded(&good()));
        let signature = match self {
            Self::Curve(key) => key.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Edwards(key) => key.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn keys(set: &[Value]) -> Keys {
    let mut keys = Keys::default();
    keys.take(json!({ "keys": set }).to_string().as_bytes(), now()).unwrap();
    keys
}

/// Whether one of `keys` signed `token`.
fn verifies(keys: &Keys, token: &str) -> bool {
    crypto::install();
    let Ok(header) = decode_header(token) else { return false };
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    keys.that_fit(&header).iter().any(|key| decode::<Map<String, Value>>(token, key, &validation).is_ok())
}

#[test]
fn a_signature_is_that_of_a_published_key() {
    for (signer, other, algorithm) in
        [(Signer::curve(), Signer::curve(), "ES256"), (Signer::edwards(), Signer::edwards(), "EdDSA")]
    {
        let published = keys(&[other.jwk("b"), signer.jwk("a"), json!({ "kty": "new", "kid": "c" })]);
        let header = json!({ "alg": algorithm, "kid": "a" });
        let token = signer.token(&header);
        assert!(verifies(&published, &token), "{algorithm}");
        assert!(verifies(&published, &signer.token(&json!({ "alg": algorithm }))), "without a name all are tried");
        assert!(!verifies(&published, &other.token(&header)), "another's key");
        assert!(
            !verifies(&published, &signer.token(&json!({ "alg": algorithm, "kid": "d" }))),
            "a key that is not there"
        );
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (head, _) = message.split_once('.').unwrap();
        let mut claims = good();
        claims["sub"] = json!("1");
        let forged = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        assert!(!verifies(&published, &forged), "other claims under the same signature");
        for wrong in [format!("{message}."), message.to_owned(), token.to_uppercase()] {
            assert!(!verifies(&published, &wrong), "{wrong}");
        }
        let mut encrypts = signer.jwk("a");
        encrypts["use"] = json!("enc");
        assert!(!verifies(&keys(&[encrypts]), &token), "a key for something else");
    }
    // Algorithms that a token may name and nobody signs with: no signature, and a shared secret.
    let published = keys(&[Signer::curve().jwk("a"), json!({ "kty": "oct", "kid": "a", "k": "c2VjcmV0" })]);
    for algorithm in ["none", "HS256"] {
        let token = Signer::curve().token(&json!({ "alg": algorithm, "kid": "a" }));
        assert!(!verifies(&published, &token), "{algorithm}");
        assert!(!decode_header(&token).is_ok_and(|header: Header| crypto::ALGORITHMS.contains(&header.alg)));
    }
}

#[test]
fn unknown_keys_are_looked_up_again_but_not_each_time() {
    let mut keys = keys(&[]);
    let later = |seconds| now().plus_seconds(seconds);
    assert!(Keys::default().are_stale(now()) && !keys.are_stale(later(3_599)) && keys.are_stale(later(3_600)));
    assert!(keys.may_look_again(later(1)));
    assert!(!keys.may_look_again(later(2)) && !keys.may_look_again(later(10)));
    assert!(keys.may_look_again(later(11)));
}

#[test]
fn the_rules_in_the_guide_are_rules() {
    let guide = include_str!("../../docs/operations.md");
    let example = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let rules = Rules::parse(example).unwrap();
    let claims = json!({ "agb_code": "33991001", "groups": ["kraamzicht"] });
    assert_eq!(rules.capacity(&object(&claims)), Some(Capacity::Organisation("33991001".parse().unwrap())));
    let claims = json!({ "realm_access": { "roles": ["kraamzicht-inspecteur"] } });
    assert_eq!(rules.capacity(&object(&claims)), Some(Capacity::Inspector));
}
