//! RFC 9068 access tokens, honest and hostile.

use super::*;

async fn verify(upstream: &Upstream, token: &str) -> Result<AccessClaims, UpstreamError> {
    upstream.verify(&token.into(), RESOURCE).await
}

#[tokio::test]
async fn a_token_for_us_says_whose_it_is() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    let claims = access_claims(&provider);
    let expected = AccessClaims {
        subject: "alice".to_owned(),
        client_id: "their-client".to_owned(),
        scope: "openid notes.read".to_owned(),
        expires: claims["exp"].as_u64().unwrap(),
    };
    let ours = signer::first();
    for typ in ["at+JWT", "at+jwt", "AT+JWT", "application/at+jwt"] {
        let token = ours.sign(&ours.header(typ), &claims);
        assert_eq!(
            verify(&upstream, &token).await,
            Ok(expected.clone()),
            "{typ}"
        );
    }
    // With one key, its name may be missing; what a token says of other keys is not read.
    let header = json!({"typ": "at+jwt", "alg": "RS256", "jku": "https://evil.example/jwks",
        "jwk": signer::second().jwk(), "x5u": "https://evil.example/x5u", "x5c": ["AAAA"]});
    let token = ours.sign(&header, &claims);
    assert_eq!(verify(&upstream, &token).await, Ok(expected.clone()));
    for change in [
        json!({"aud": ["https://other.example", RESOURCE]}),
        json!({"nbf": now() + 50, "iat": now() + 50}),
    ] {
        let token = ours.access_token(&changed(claims.clone(), &change));
        assert_eq!(verify(&upstream, &token).await, Ok(expected.clone()));
    }
    let late = changed(claims, &json!({"exp": now() - 50}));
    assert!(verify(&upstream, &ours.access_token(&late)).await.is_ok());
}

#[tokio::test]
async fn every_hostile_token_is_refused_for_its_own_reason() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    let claims = access_claims(&provider);
    let (ours, theirs) = (signer::first(), signer::second());
    let header = ours.header("at+JWT");
    let with = |change: Value| ours.access_token(&changed(claims.clone(), &change));
    let header_with = |change: Value| ours.sign(&changed(header.clone(), &change), &claims);
    let algorithm = |name: &str| changed(header.clone(), &json!({"alg": name}));
    let good = ours.access_token(&claims);
    let (body, signature) = good.rsplit_once('.').unwrap();
    let (head, payload) = body.split_once('.').unwrap();
    for (name, token, flaw) in [
        (
            "HS256 with the public key",
            ours.sign_with_public_key(&algorithm("HS256"), &claims),
            Flaw::Algorithm,
        ),
        (
            "HS256 that calls itself RS256",
            ours.sign_with_public_key(&header, &claims),
            Flaw::Signature,
        ),
        (
            "alg none",
            signer::unsigned(&algorithm("none"), &claims),
            Flaw::Algorithm,
        ),
        (
            "alg None",
            signer::unsigned(&algorithm("None"), &claims),
            Flaw::Algorithm,
        ),
        ("no signature", format!("{body}."), Flaw::Signature),
        (
            "PS256",
            ours.sign(&algorithm("PS256"), &claims),
            Flaw::Algorithm,
        ),
        (
            "RS384",
            ours.sign(&algorithm("RS384"), &claims),
            Flaw::Algorithm,
        ),
        ("unknown kid", theirs.access_token(&claims), Flaw::Key),
        (
            "their key under our kid",
            theirs.sign(&header, &claims),
            Flaw::Signature,
        ),
        (
            "their key brought along",
            theirs.sign(
                &changed(header.clone(), &json!({"jwk": theirs.jwk()})),
                &claims,
            ),
            Flaw::Signature,
        ),
        ("ID token", ours.id_token(&id_claims(&provider)), Flaw::Type),
        ("no type", header_with(json!({"typ": null})), Flaw::Type),
        (
            "crit",
            header_with(json!({"crit": ["b64"], "b64": false})),
            Flaw::Critical,
        ),
        (
            "wrong audience",
            with(json!({"aud": "https://other.example/mcp"})),
            Flaw::Audience,
        ),
        (
            "audience with a slash",
            with(json!({"aud": format!("{RESOURCE}/")})),
            Flaw::Audience,
        ),
        (
            "our client as audience",
            with(json!({"aud": CLIENT})),
            Flaw::Audience,
        ),
        (
            "no audience at all",
            with(json!({"aud": []})),
            Flaw::Audience,
        ),
        (
            "wrong issuer",
            with(json!({"iss": "https://evil.example"})),
            Flaw::Issuer,
        ),
        (
            "issuer with a slash",
            with(json!({"iss": format!("{}/", provider.url())})),
            Flaw::Issuer,
        ),
        (
            "issuers",
            with(json!({"iss": [provider.url()]})),
            Flaw::Claims,
        ),
        (
            "expired by 61 s",
            with(json!({"exp": now() - 61})),
            Flaw::Expired,
        ),
        (
            "not valid yet",
            with(json!({"nbf": now() + 70})),
            Flaw::NotYet,
        ),
        (
            "of tomorrow",
            with(json!({"iat": now() + 86_400})),
            Flaw::NotYet,
        ),
        (
            "expiry as text",
            with(json!({"exp": "2147483647"})),
            Flaw::Claims,
        ),
        ("negative expiry", with(json!({"exp": -1})), Flaw::Claims),
        ("empty subject", with(json!({"sub": ""})), Flaw::Claims),
        (
            "changed claims",
            format!("{head}.{}.{signature}", payload.replacen('e', "f", 1)),
            Flaw::Signature,
        ),
        ("two parts", body.to_owned(), Flaw::Malformed),
        ("four parts", format!("{good}.x"), Flaw::Malformed),
        (
            "too long",
            format!("{good}{}", "A".repeat(16 * 1024)),
            Flaw::Malformed,
        ),
        ("opaque", "a".repeat(72), Flaw::Malformed),
        ("nothing", String::new(), Flaw::Malformed),
    ] {
        let expected = Err(UpstreamError::Invalid(flaw));
        assert_eq!(verify(&upstream, &token).await, expected, "{name}");
    }
    for name in ["iss", "sub", "aud", "client_id", "exp", "iat"] {
        assert_eq!(
            verify(&upstream, &with(json!({name: null}))).await,
            Err(UpstreamError::Invalid(Flaw::Claims)),
            "{name}"
        );
    }
}

#[tokio::test]
async fn among_several_keys_a_token_must_name_its_own() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    provider.publish(&[signer::first(), signer::second()]);
    let pair = Upstream::discover(&service(&provider.url(), None), &place(), &settings(&[]))
        .await
        .unwrap();
    let claims = access_claims(&provider);
    let nameless = signer::first().sign(&json!({"typ": "at+jwt", "alg": "RS256"}), &claims);
    assert!(verify(&upstream, &nameless).await.is_ok());
    assert_eq!(
        verify(&pair, &nameless).await,
        Err(UpstreamError::Invalid(Flaw::Key))
    );
    for signer in [signer::first(), signer::second()] {
        assert!(verify(&pair, &signer.access_token(&claims)).await.is_ok());
    }
}
