//! Tokens: whom they sign in, and every way in which they must not.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use linchpin::access::{Clock, Role};
use linchpin::api::Authenticate;
use linchpin::api::auth::{
    FailureLimit, IssuerSettings, LocalClaims, LocalKeys, SignIn, TokenAlgorithm, TokenError, TokenVerifier,
};
use linchpin::model::{AgencyId, Instant, SubjectName};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use uuid::Uuid;

const NOW: i64 = 1_700_000_000;

fn at(seconds: i64) -> Instant {
    Instant::from_micros(seconds * 1_000_000).unwrap()
}

struct Hand(AtomicI64);

impl Hand {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(NOW)))
    }
    fn on(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn now(&self) -> Instant {
        at(self.0.load(Ordering::Relaxed))
    }
    fn fresh_id(&self) -> Uuid {
        Uuid::nil()
    }
}

/// A key pair of an issuer.
struct Pair {
    algorithm: TokenAlgorithm,
    kid: &'static str,
    signing: EncodingKey,
    public: Value,
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn pair(algorithm: TokenAlgorithm, kid: &'static str) -> Pair {
    let random = SystemRandom::new();
    let (signing, public) = match algorithm {
        TokenAlgorithm::ES256 => {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
            let [x, y] = [1..33, 33..65].map(|at| URL_SAFE_NO_PAD.encode(&pair.public_key().as_ref()[at]));
            (EncodingKey::from_ec_der(pkcs8.as_ref()), json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}))
        }
        TokenAlgorithm::EdDSA => {
            let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
            let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
            let x = URL_SAFE_NO_PAD.encode(pair.public_key());
            (EncodingKey::from_ed_der(pkcs8.as_ref()), json!({"kty": "OKP", "crv": "Ed25519", "x": x}))
        }
        TokenAlgorithm::RS256 | TokenAlgorithm::PS256 => rsa(),
    };
    Pair { algorithm, kid, signing, public }
}

/// One RSA key for all tests: making one takes a while.
fn rsa() -> (EncodingKey, Value) {
    static KEY: OnceLock<(String, Value)> = OnceLock::new();
    let (private, public) = KEY.get_or_init(|| {
        let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let [n, e] = [pair.public_key().modulus(), pair.public_key().exponent()]
            .map(|number| URL_SAFE_NO_PAD.encode(number.big_endian_without_leading_zero()));
        (pem("PRIVATE KEY", der.as_ref()), json!({"kty": "RSA", "n": n, "e": e}))
    });
    (EncodingKey::from_rsa_pem(private.as_bytes()).unwrap(), public.clone())
}

impl Pair {
    fn jwk(&self) -> Value {
        with_fields(self.public.clone(), json!({"kid": self.kid, "alg": format!("{:?}", self.algorithm), "use": "sig"}))
    }

    fn token(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.to_owned()), ..Header::new(self.algorithm.into()) };
        jsonwebtoken::encode(&header, claims, &self.signing).unwrap()
    }
}

fn jwks(pairs: &[&Pair]) -> String {
    json!({"keys": pairs.iter().map(|pair| pair.jwk()).collect::<Vec<_>>()}).to_string()
}

fn claims() -> Value {
    json!({"iss": "https://id.example", "aud": "linchpin", "sub": "ana@al-police", "exp": NOW + 600, "nbf": NOW - 5,
           "agency": "al-police", "roles": ["viewer", "analyst", "role-of-another-service"]})
}

fn with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => _ = claims.as_object_mut().unwrap().remove(name),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn settings(issuer: &str, algorithm: TokenAlgorithm) -> IssuerSettings {
    IssuerSettings {
        issuer: issuer.to_owned(),
        audience: "linchpin".to_owned(),
        algorithm,
        jwks_file: None,
        jwks_url: None,
        pem_file: None,
        signing_key_file: None,
    }
}

fn by_file(issuer: &str, algorithm: TokenAlgorithm, path: PathBuf) -> IssuerSettings {
    IssuerSettings { jwks_file: Some(path), ..settings(issuer, algorithm) }
}

fn verifier(issuers: impl IntoIterator<Item = IssuerSettings>) -> Result<TokenVerifier, String> {
    let named: BTreeMap<_, _> =
        issuers.into_iter().enumerate().map(|(at, settings)| (format!("i{at}"), settings)).collect();
    TokenVerifier::new(&named).map_err(|fault| fault.to_string())
}

fn of(pair: &Pair) -> TokenVerifier {
    let files = Files::new();
    let path = files.put("jwks.json", &jwks(&[pair]));
    verifier([by_file("https://id.example", pair.algorithm, path)]).unwrap()
}

async fn refused(verifier: &TokenVerifier, token: &str) -> TokenError {
    verifier.verify(token, at(NOW)).await.expect_err(token)
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

#[tokio::test]
async fn every_algorithm_signs_in() {
    for algorithm in [TokenAlgorithm::ES256, TokenAlgorithm::EdDSA, TokenAlgorithm::RS256, TokenAlgorithm::PS256] {
        let pair = pair(algorithm, "k1");
        let identity = of(&pair).verify(&pair.token(&claims()), at(NOW)).await.unwrap();
        assert_eq!(identity.subject, SubjectName::new("ana@al-police").unwrap());
        assert_eq!(identity.agency, AgencyId::new("al-police").unwrap());
        assert_eq!(identity.roles, [Role::Viewer, Role::Analyst].into());
    }
}

/// Public keys in PEM as OpenSSL writes them, from the keys' own public parts.
#[tokio::test]
async fn a_public_key_in_pem_signs_in() {
    let b64 = |jwk: &Value, name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let (ec, ed) = (pair(TokenAlgorithm::ES256, "k1"), pair(TokenAlgorithm::EdDSA, "k2"));
    // SubjectPublicKeyInfo of P-256 and of Ed25519 (RFC 5480, RFC 8410): a fixed beginning, then the point.
    let ec_der = [
        &STANDARD.decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE").unwrap()[..],
        &b64(&ec.jwk(), "x"),
        &b64(&ec.jwk(), "y"),
    ]
    .concat();
    let ed_der = [&STANDARD.decode("MCowBQYDK2VwAyEA").unwrap()[..], &b64(&ed.jwk(), "x")].concat();
    let rsa = pair(TokenAlgorithm::PS256, "k3");
    let rsa_der = {
        let numbers = [b64(&rsa.jwk(), "n"), b64(&rsa.jwk(), "e")];
        let key = aws_lc_rs::rsa::PublicKeyComponents { n: &numbers[0], e: &numbers[1] };
        AsDer::<PublicKeyX509Der<'_>>::as_der(&key).unwrap().as_ref().to_vec()
    };
    let files = Files::new();
    for (pair, der) in [(&ec, ec_der), (&ed, ed_der), (&rsa, rsa_der)] {
        let path = files.put("key.pem", &pem("PUBLIC KEY", &der));
        let by_pem = IssuerSettings { pem_file: Some(path), ..settings("https://id.example", pair.algorithm) };
        let verifier = verifier([by_pem]).unwrap();
        verifier.verify(&pair.token(&claims()), at(NOW)).await.unwrap();
        if pair.algorithm != TokenAlgorithm::PS256 {
            let other = self::pair(pair.algorithm, "k1").token(&claims());
            assert_eq!(refused(&verifier, &other).await, TokenError::BadSignature);
        }
    }
}

/// RFC 7515, appendix A.3: its signature is right, so what is missing is told; with one bit changed nothing is.
#[tokio::test]
async fn the_published_es256_example_is_verified() {
    let files = Files::new();
    let key = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                     "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
    let path = files.put("jwks.json", &json!({"keys": [key]}).to_string());
    let verifier = verifier([by_file("joe", TokenAlgorithm::ES256, path)]).unwrap();
    let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290\
                 Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    assert!(matches!(refused(&verifier, token).await, TokenError::Claim("aud" | "sub")));
    assert_eq!(refused(&verifier, &token.replace("DtEhU3", "DtEhU4")).await, TokenError::BadSignature);
}

#[tokio::test]
async fn claims_that_are_missing_or_wrong_are_refused() {
    use TokenError::{Claim, Expired, Malformed, NotYetValid, WrongAudience, WrongIssuer};
    let pair = pair(TokenAlgorithm::ES256, "k1");
    let verifier = of(&pair);
    let cases = [
        (json!({"exp": NOW - 30}), Expired),
        (json!({"exp": 0}), Expired),
        (json!({"exp": -1}), Claim("exp")),
        (json!({"nbf": NOW + 31}), NotYetValid),
        (json!({"aud": "another"}), WrongAudience),
        (json!({"aud": ["another", "linchpi"]}), WrongAudience),
        (json!({"aud": []}), WrongAudience),
        (json!({"iss": "https://id.example/"}), WrongIssuer),
        (json!({"iss": ""}), WrongIssuer),
        (json!({"aud": null}), Claim("aud")),
        (json!({"iss": null}), Claim("iss")),
        (json!({"sub": null}), Claim("sub")),
        (json!({"exp": null}), Claim("exp")),
        (json!({"agency": null}), Claim("agency")),
        (json!({"roles": null}), Claim("roles")),
        (json!({"sub": "ana al-police"}), Claim("sub")),
        (json!({"sub": ""}), Claim("sub")),
        (json!({"agency": "al police"}), Claim("agency")),
        (json!({"iss": ["https://id.example"]}), Malformed),
        (json!({"exp": (NOW + 600).to_string()}), Malformed),
        (json!({"nbf": "soon"}), Malformed),
        (json!({"sub": 7}), Malformed),
        (json!({"roles": "analyst"}), Malformed),
        (json!({"roles": [1]}), Malformed),
        (json!({"aud": 7}), Claim("aud")),
    ];
    for (changes, error) in cases {
        let token = pair.token(&with(changes.clone()));
        assert_eq!(verifier.verify(&token, at(NOW)).await.err(), Some(error), "{changes}");
    }
    for fine in
        [json!({"exp": NOW - 29}), json!({"nbf": NOW + 30}), json!({"nbf": null}), json!({"aud": ["x", "linchpin"]})]
    {
        assert!(verifier.verify(&pair.token(&with(fine.clone())), at(NOW)).await.is_ok(), "{fine}");
    }
    let twice = claims().to_string().replacen('{', "{\"sub\": \"eve@al-police\", ", 1);
    let message = format!("{}.{}", encoded(&json!({"alg": "ES256", "kid": "k1"})), URL_SAFE_NO_PAD.encode(twice));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &pair.signing, Algorithm::ES256).unwrap();
    assert_eq!(refused(&verifier, &format!("{message}.{signature}")).await, Malformed, "a claim named twice");
}

#[tokio::test]
async fn no_other_algorithm_than_the_configured_one_is_taken() {
    let pair = pair(TokenAlgorithm::ES256, "k1");
    let verifier = of(&pair);
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let head = encoded(&json!({"alg": none, "kid": "k1"}));
        for signature in ["", "AAAA"] {
            let token = format!("{head}.{}.{signature}", encoded(&claims()));
            assert_eq!(refused(&verifier, &token).await, TokenError::WrongAlgorithm);
        }
    }
    // The public key, in any form that a server may hold it in, as the secret of an HMAC.
    let jwk = pair.jwk();
    let point = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let raw = [&[4][..], &point("x"), &point("y")].concat();
    let secrets =
        [raw.clone(), pem("PUBLIC KEY", &raw).into_bytes(), jwk.to_string().into_bytes(), jwks(&[&pair]).into_bytes()];
    for secret in secrets {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some("k1".to_owned()), ..Header::new(algorithm) };
            let token = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(&secret)).unwrap();
            assert_eq!(refused(&verifier, &token).await, TokenError::WrongAlgorithm);
        }
    }
    for other in [TokenAlgorithm::RS256, TokenAlgorithm::PS256, TokenAlgorithm::EdDSA] {
        assert_eq!(refused(&verifier, &self::pair(other, "k1").token(&claims())).await, TokenError::WrongAlgorithm);
    }
    // RS256 and PS256 share keys, not tokens.
    let (rs, ps) = (self::pair(TokenAlgorithm::RS256, "k1"), self::pair(TokenAlgorithm::PS256, "k1"));
    assert_eq!(refused(&of(&ps), &rs.token(&claims())).await, TokenError::WrongAlgorithm);
    assert!(serde_json::from_value::<TokenAlgorithm>(json!("HS256")).is_err(), "it cannot even be configured");
}

#[tokio::test]
async fn what_was_tampered_with_is_refused() {
    let pair = pair(TokenAlgorithm::ES256, "k1");
    let verifier = of(&pair);
    let token = pair.token(&claims());
    let [head, _, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let body = encoded(&with(json!({"sub": "eve@al-police"})));
    assert_eq!(refused(&verifier, &format!("{head}.{body}.{signature}")).await, TokenError::BadSignature);
    let mine = token.split('.').nth(1).unwrap();
    let other = encoded(&json!({"alg": "ES256", "kid": "k1", "typ": "at+jwt"}));
    assert_eq!(refused(&verifier, &format!("{other}.{mine}.{signature}")).await, TokenError::BadSignature);
    for broken in [
        String::new(),
        "...".to_owned(),
        "a.b.c".to_owned(),
        format!("{head}.{mine}"),
        format!("{token}.{signature}"),
        format!("{head}.{mine}=.{signature}"),
        "x".repeat(9_000),
        format!("{}.{}.{}", "A".repeat(5_000), mine, signature),
    ] {
        assert_eq!(refused(&verifier, &broken).await, TokenError::Malformed, "{broken}");
    }
    for signature in ["", "AAAA", &signature[..80], "***"] {
        let error = refused(&verifier, &format!("{head}.{mine}.{signature}")).await;
        assert!(matches!(error, TokenError::BadSignature | TokenError::Malformed), "{error:?}");
    }
    verifier.verify(&token, at(NOW)).await.unwrap();
}

#[tokio::test]
async fn keys_in_the_header_are_ignored() {
    let (ours, theirs) = (pair(TokenAlgorithm::ES256, "k1"), pair(TokenAlgorithm::ES256, "k1"));
    let verifier = of(&ours);
    let jwk: Jwk = serde_json::from_value(theirs.jwk()).unwrap();
    let asking = Server::start(jwks(&[&theirs])).await;
    let header = Header {
        kid: Some("k1".to_owned()),
        jku: Some(asking.url.clone()),
        x5u: Some(asking.url.clone()),
        jwk: Some(jwk),
        ..Header::new(Algorithm::ES256)
    };
    let forged = jsonwebtoken::encode(&header, &claims(), &theirs.signing).unwrap();
    assert_eq!(refused(&verifier, &forged).await, TokenError::BadSignature);
    let genuine = jsonwebtoken::encode(&header, &claims(), &ours.signing).unwrap();
    verifier.verify(&genuine, at(NOW)).await.unwrap();
    assert_eq!(asking.asked(), 0);
    let critical = Header { crit: Some(vec!["exp".to_owned()]), ..header };
    let critical = jsonwebtoken::encode(&critical, &claims(), &ours.signing).unwrap();
    assert_eq!(refused(&verifier, &critical).await, TokenError::Malformed);
}

/// Some providers write the modulus with the zero byte that ASN.1 wants before it.
#[tokio::test]
async fn a_modulus_with_a_leading_zero_is_the_same_key() {
    let mut pair = pair(TokenAlgorithm::RS256, "k1");
    let modulus = URL_SAFE_NO_PAD.decode(pair.public["n"].as_str().unwrap()).unwrap();
    pair.public["n"] = URL_SAFE_NO_PAD.encode([&[0][..], &modulus].concat()).into();
    of(&pair).verify(&pair.token(&claims()), at(NOW)).await.unwrap();
}

#[tokio::test]
async fn an_issuer_s_keys_serve_that_issuer_alone() {
    let (one, two) = (pair(TokenAlgorithm::ES256, "k1"), pair(TokenAlgorithm::ES256, "k2"));
    let files = Files::new();
    let verifier = verifier([
        by_file(
            "https://one.example",
            TokenAlgorithm::ES256,
            files.put("1.json", &jwks(&[&one, &pair(TokenAlgorithm::ES256, "k9")])),
        ),
        by_file(
            "https://two.example",
            TokenAlgorithm::ES256,
            files.put("2.json", &jwks(&[&two, &pair(TokenAlgorithm::ES256, "k9")])),
        ),
    ])
    .unwrap();
    let first = with(json!({"iss": "https://one.example"}));
    verifier.verify(&one.token(&first), at(NOW)).await.unwrap();
    assert_eq!(refused(&verifier, &two.token(&first)).await, TokenError::UnknownKey, "a kid of the other issuer");
    let renamed = Pair { kid: "k1", ..two };
    assert_eq!(refused(&verifier, &renamed.token(&first)).await, TokenError::BadSignature);
    let unnamed = jsonwebtoken::encode(&Header::new(Algorithm::ES256), &first, &one.signing).unwrap();
    assert_eq!(refused(&verifier, &unnamed).await, TokenError::UnknownKey, "no kid where there are several keys");
}

#[tokio::test]
async fn a_remembered_token_ends_when_it_expires() {
    let pair = pair(TokenAlgorithm::EdDSA, "k1");
    let verifier = of(&pair);
    let token = pair.token(&claims());
    for (seconds, expected) in [(0, None), (629, None), (630, Some(TokenError::Expired)), (0, None)] {
        assert_eq!(verifier.verify(&token, at(NOW + seconds)).await.err(), expected, "{seconds}");
    }
    assert_eq!(verifier.verify(&token, at(NOW - 36)).await.err(), Some(TokenError::NotYetValid));
}

/// A key set on this machine, counting how often it is asked for.
struct Server {
    url: String,
    asked: Arc<AtomicUsize>,
    answer: Arc<Mutex<String>>,
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

impl Server {
    async fn start(body: String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://127.0.0.1:{}/jwks.json", listener.local_addr().unwrap().port());
        let (asked, answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(ok(&body))));
        let (count, text) = (Arc::clone(&asked), Arc::clone(&answer));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let answer = text.lock().unwrap().clone();
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { url, asked, answer }
    }
    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
    fn answers(&self, answer: String) {
        *self.answer.lock().unwrap() = answer;
    }
    fn verifier(&self) -> TokenVerifier {
        let by_url = IssuerSettings {
            jwks_url: Some(self.url.clone()),
            ..settings("https://id.example", TokenAlgorithm::ES256)
        };
        verifier([by_url]).unwrap()
    }
}

#[tokio::test]
async fn an_unknown_kid_asks_once_behind_a_cool_down() {
    let (one, two) = (pair(TokenAlgorithm::ES256, "k1"), pair(TokenAlgorithm::ES256, "k2"));
    let server = Server::start(jwks(&[&one])).await;
    let verifier = server.verifier();
    let lived = json!({"exp": NOW + 100_000});
    verifier.verify(&one.token(&with(lived.clone())), at(NOW)).await.unwrap();
    assert_eq!(server.asked(), 1);
    for n in 0..20 {
        let stranger = pair(TokenAlgorithm::ES256, Box::leak(format!("x{n}").into_boxed_str()));
        assert_eq!(verifier.verify(&stranger.token(&claims()), at(NOW + 29)).await.err(), Some(TokenError::UnknownKey));
    }
    assert_eq!(server.asked(), 1, "within the cool-down nothing is fetched");
    server.answers(ok(&jwks(&[&one, &two])));
    verifier.verify(&two.token(&with(lived.clone())), at(NOW + 30)).await.unwrap();
    assert_eq!(server.asked(), 2, "a new key is found by one more look");
    verifier.verify(&one.token(&with(json!({"exp": NOW + 9_000}))), at(NOW + 31)).await.unwrap();
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_failed_fetch_loses_no_good_key_and_a_key_taken_back_stops_working() {
    let (one, two) = (pair(TokenAlgorithm::ES256, "k1"), pair(TokenAlgorithm::ES256, "k2"));
    let server = Server::start(jwks(&[&one])).await;
    let verifier = server.verifier();
    let token = one.token(&with(json!({"exp": NOW + 100_000})));
    verifier.verify(&token, at(NOW)).await.unwrap();
    let mut now = NOW;
    let long = format!("{}{}", jwks(&[&two]), " ".repeat(2 << 20));
    let elsewhere = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", server.url);
    for bad in [
        "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n".to_owned(),
        elsewhere,
        ok("no json"),
        ok("{\"keys\": []}"),
        ok(&jwks(&[&pair(TokenAlgorithm::EdDSA, "k1")])),
        ok(&long),
        String::new(),
    ] {
        server.answers(bad);
        now += 601;
        let before = server.asked();
        verifier.verify(&token, at(now)).await.unwrap();
        assert_eq!(
            verifier.verify(&two.token(&with(json!({"exp": now + 9}))), at(now)).await.err(),
            Some(TokenError::UnknownKey)
        );
        assert_eq!(server.asked(), before + 1, "asked again, once");
    }
    server.answers(ok(&jwks(&[&two])));
    assert_eq!(verifier.verify(&token, at(now + 601)).await.err(), Some(TokenError::UnknownKey), "although remembered");
}

#[tokio::test]
async fn without_any_keys_yet_nobody_signs_in() {
    let one = pair(TokenAlgorithm::ES256, "k1");
    let server = Server::start("{}".to_owned()).await;
    let verifier = server.verifier();
    assert_eq!(verifier.fetch(at(NOW)).await, ["i0"]);
    assert_eq!(refused(&verifier, &one.token(&claims())).await, TokenError::KeysUnavailable);
    server.answers(ok(&jwks(&[&one])));
    verifier.verify(&one.token(&claims()), at(NOW + 30)).await.unwrap();
    assert!(verifier.fetch(at(NOW + 31)).await.is_empty());
}

#[test]
fn unfit_settings_and_keys_are_start_up_errors() {
    let files = Files::new();
    let ec = pair(TokenAlgorithm::ES256, "k1");
    let good = files.put("good.json", &jwks(&[&ec]));
    let fault = |settings: IssuerSettings| verifier([settings]).err().unwrap();
    let es = |path: PathBuf| by_file("i", TokenAlgorithm::ES256, path);

    assert!(verifier([]).err().unwrap().contains("no open mode"));
    assert!(fault(settings("i", TokenAlgorithm::ES256)).contains("exactly one of"));
    assert!(fault(IssuerSettings { pem_file: Some(good.clone()), ..es(good.clone()) }).contains("exactly one of"));
    assert!(fault(by_file("i", TokenAlgorithm::RS256, good.clone())).contains("no public key for RS256"));
    assert!(fault(es(PathBuf::from("absent.json"))).starts_with("issuers.i0.jwks_file: absent.json"));
    assert!(fault(IssuerSettings { audience: String::new(), ..es(good.clone()) }).starts_with("issuers.i0.audience"));
    let same = verifier([es(good.clone()), es(good.clone())]).err().unwrap();
    assert!(same.starts_with("issuers.i1.issuer"), "{same}");
    let twice = files.put("twice.json", &jwks(&[&ec, &ec]));
    assert!(fault(es(twice)).contains("two keys"));
    for url in ["http://id.example/jwks", "ftp://id.example", "jwks", "file:///jwks.json", "http://127.0.0.1.example/"]
    {
        let by_url = IssuerSettings { jwks_url: Some(url.to_owned()), ..settings("i", TokenAlgorithm::ES256) };
        assert!(fault(by_url).starts_with("issuers.i0.jwks_url"), "{url}");
    }
    let short = URL_SAFE_NO_PAD.encode([255; 128]);
    for (algorithm, key) in [
        (TokenAlgorithm::ES256, json!({"kty": "oct", "k": "c2VjcmV0"})),
        (TokenAlgorithm::ES256, with_fields(ec.jwk(), json!({"use": "enc"}))),
        (TokenAlgorithm::ES256, with_fields(ec.jwk(), json!({"alg": "HS256"}))),
        (TokenAlgorithm::ES256, with_fields(ec.jwk(), json!({"crv": "P-384"}))),
        (TokenAlgorithm::ES256, with_fields(ec.jwk(), json!({"key_ops": ["sign"]}))),
        (TokenAlgorithm::ES256, with_fields(ec.jwk(), json!({"x": "AAAA"}))),
        (TokenAlgorithm::RS256, json!({"kty": "RSA", "n": short, "e": "AQAB"})),
        (TokenAlgorithm::RS256, json!({"kty": "RSA", "n": "", "e": "AQAB"})),
    ] {
        let path = files.put("bad.json", &json!({"keys": [key]}).to_string());
        assert!(fault(by_file("i", algorithm, path)).contains("no public key"), "{key}");
    }
    let pem_file = |text: &str| IssuerSettings {
        pem_file: Some(files.put("key.pem", text)),
        ..settings("i", TokenAlgorithm::ES256)
    };
    assert!(fault(pem_file("no key")).starts_with("issuers.i0.pem_file"));
    let private = LocalKeys::generate().unwrap();
    let path = files.0.path().join("private.pem");
    private.write(&path).unwrap();
    assert!(fault(pem_file(&std::fs::read_to_string(path).unwrap())).starts_with("issuers.i0.pem_file"));
}

fn with_fields(mut key: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        key[name] = value.clone();
    }
    key
}

fn sign_in(pair: &Pair, clock: &Arc<Hand>) -> SignIn {
    SignIn::new(of(pair), Arc::clone(clock) as Arc<dyn Clock>, FailureLimit { burst: 3, per_minute: 2 })
}

#[tokio::test]
async fn a_peer_that_fails_too_often_waits_and_others_do_not() {
    let pair = pair(TokenAlgorithm::ES256, "k1");
    let clock = Hand::new();
    let sign_in = sign_in(&pair, &clock);
    let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
    let good = |n: i64| pair.token(&with(json!({"exp": NOW + 600 + n})));
    let known = good(0);
    sign_in.sign_in(&known, ip("192.0.2.7")).await.unwrap();
    for _ in 0..3 {
        assert_eq!(sign_in.sign_in("x", ip("192.0.2.7")).await.err(), Some(TokenError::Malformed));
    }
    sign_in.sign_in(&known, ip("192.0.2.7")).await.expect("one that was verified before passes");
    let wait = Duration::from_secs(30);
    for again in [good(1), "y.y.y".to_owned()] {
        let refused = sign_in.sign_in(&again, ip("::ffff:192.0.2.7")).await.err();
        assert_eq!(refused, Some(TokenError::TooMany { retry_after: wait }));
    }
    sign_in.sign_in(&good(2), ip("192.0.2.8")).await.unwrap();
    clock.on(29);
    assert_eq!(
        sign_in.sign_in(&good(3), ip("192.0.2.7")).await.err(),
        Some(TokenError::TooMany { retry_after: Duration::from_secs(1) })
    );
    clock.on(1);
    sign_in.sign_in(&good(3), ip("192.0.2.7")).await.unwrap();
    // One host has a whole /64.
    for host in 1..=3 {
        let peer = ip(&format!("2001:db8:0:1::{host}"));
        assert_eq!(sign_in.sign_in("x.x.x", peer).await.err(), Some(TokenError::Malformed));
    }
    assert!(matches!(sign_in.sign_in(&good(4), ip("2001:db8:0:1::9")).await, Err(TokenError::TooMany { .. })));
    sign_in.sign_in(&good(4), ip("2001:db8:0:2::1")).await.unwrap();
}

#[tokio::test]
async fn a_refusal_tells_the_caller_nothing_of_keys() {
    use TokenError::{BadSignature, UnknownKey, WrongAlgorithm, WrongIssuer};
    for error in [WrongIssuer, WrongAlgorithm, UnknownKey] {
        assert_eq!(error.detail(), BadSignature.detail());
    }
    let sign_in = sign_in(&pair(TokenAlgorithm::ES256, "k1"), &Hand::new());
    let told = async |token: &str| sign_in.identify(token, None).await.err().map(|refusal| refusal.detail());
    assert_eq!(told("x").await, Some("the token is not valid"));
    let stranger = pair(TokenAlgorithm::ES256, "k1").token(&claims());
    assert_eq!(told(&stranger).await, Some("the token is not valid"));
}

#[tokio::test]
async fn local_keys_sign_what_the_server_takes() {
    use std::os::unix::fs::PermissionsExt;
    let files = Files::new();
    let private = files.0.path().join("signing-key.pem");
    let keys = LocalKeys::generate().unwrap();
    keys.write(&private).unwrap();
    assert_eq!(std::fs::metadata(&private).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(LocalKeys::generate().unwrap().write(&private).is_err(), "a key is never written over");
    let public = keys.jwks().unwrap();
    let jwks: Value = serde_json::from_str(&public).unwrap();
    assert!(jwks["keys"][0].get("d").is_none());
    let verifier =
        verifier([by_file("linchpin-local", TokenAlgorithm::ES256, files.put("jwks.json", &public))]).unwrap();
    let claims = LocalClaims {
        issuer: "linchpin-local".to_owned(),
        audience: "linchpin".to_owned(),
        subject: SubjectName::new("ana@al-police").unwrap(),
        agency: AgencyId::new("al-police").unwrap(),
        roles: [Role::Guardian, Role::Viewer].into(),
        from: at(NOW),
        until: at(NOW + 60),
    };
    let token = LocalKeys::read(&private).unwrap().mint(&claims).unwrap();
    let identity = verifier.verify(&token, at(NOW)).await.unwrap();
    assert_eq!(
        (&identity.subject, &identity.agency, &identity.roles),
        (&claims.subject, &claims.agency, &claims.roles)
    );
    assert_eq!(verifier.verify(&token, at(NOW + 90)).await.err(), Some(TokenError::Expired));
    assert!(LocalKeys::read(Path::new(&files.put("no.pem", "no key"))).is_err());
}
