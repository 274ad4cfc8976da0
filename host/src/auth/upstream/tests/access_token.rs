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

/// A provider, what discovered it, and honest claims.
async fn scene() -> (Provider, Upstream, Value) {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    let claims = access_claims(&provider);
    (provider, upstream, claims)
}

async fn refused(upstream: &Upstream, name: &str, token: &str, flaw: Flaw) {
    let expected = Err(UpstreamError::Invalid(flaw));
    assert_eq!(verify(upstream, token).await, expected, "{name}");
}

#[tokio::test]
async fn a_signature_counts_by_rs256_and_the_providers_key_alone() {
    let (_provider, upstream, claims) = scene().await;
    let (ours, theirs) = (signer::first(), signer::second());
    let header = ours.header("at+JWT");
    let alg = |name: &str| changed(header.clone(), &json!({"alg": name}));
    let brought = changed(header.clone(), &json!({"jwk": theirs.jwk()}));
    let forged = |header: &Value| ours.sign_with_public_key(header, &claims);
    for (name, token, flaw) in [
        (
            "HS256 with the public key",
            forged(&alg("HS256")),
            Flaw::Algorithm,
        ),
        (
            "HS256 that calls itself RS256",
            forged(&header),
            Flaw::Signature,
        ),
        (
            "alg none",
            signer::unsigned(&alg("none"), &claims),
            Flaw::Algorithm,
        ),
        (
            "alg None",
            signer::unsigned(&alg("None"), &claims),
            Flaw::Algorithm,
        ),
        (
            "no signature",
            signer::unsigned(&header, &claims),
            Flaw::Signature,
        ),
        ("PS256", ours.sign(&alg("PS256"), &claims), Flaw::Algorithm),
        ("RS384", ours.sign(&alg("RS384"), &claims), Flaw::Algorithm),
        ("unknown kid", theirs.access_token(&claims), Flaw::Key),
        (
            "their key, our kid",
            theirs.sign(&header, &claims),
            Flaw::Signature,
        ),
        (
            "their key brought along",
            theirs.sign(&brought, &claims),
            Flaw::Signature,
        ),
    ] {
        refused(&upstream, name, &token, flaw).await;
    }
}

#[tokio::test]
async fn only_a_well_formed_token_of_the_right_type_is_looked_into() {
    let (provider, upstream, claims) = scene().await;
    let ours = signer::first();
    let header_with = |change: Value| ours.sign(&changed(ours.header("at+JWT"), &change), &claims);
    let good = ours.access_token(&claims);
    let (body, signature) = good.rsplit_once('.').unwrap();
    let (head, _) = body.split_once('.').unwrap();
    let more = changed(claims.clone(), &json!({"scope": "openid notes.write"}));
    let others = ours.access_token(&more);
    let payload = others.split('.').nth(1).unwrap();
    for (name, token, flaw) in [
        ("ID token", ours.id_token(&id_claims(&provider)), Flaw::Type),
        ("no type", header_with(json!({"typ": null})), Flaw::Type),
        (
            "crit",
            header_with(json!({"crit": ["b64"], "b64": false})),
            Flaw::Critical,
        ),
        (
            "changed claims",
            format!("{head}.{payload}.{signature}"),
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
        refused(&upstream, name, &token, flaw).await;
    }
}

#[tokio::test]
async fn every_claim_must_be_there_and_be_right() {
    let (provider, upstream, claims) = scene().await;
    let slash = format!("{}/", provider.url());
    for (change, flaw) in [
        (json!({"aud": "https://other.example/mcp"}), Flaw::Audience),
        (json!({"aud": format!("{RESOURCE}/")}), Flaw::Audience),
        (json!({"aud": CLIENT}), Flaw::Audience),
        (json!({"aud": []}), Flaw::Audience),
        (json!({"iss": "https://evil.example"}), Flaw::Issuer),
        (json!({"iss": slash}), Flaw::Issuer),
        (json!({"iss": [provider.url()]}), Flaw::Claims),
        (json!({"exp": now() - 61}), Flaw::Expired),
        (json!({"nbf": now() + 70}), Flaw::NotYet),
        (json!({"iat": now() + 86_400}), Flaw::NotYet),
        (json!({"exp": "2147483647"}), Flaw::Claims),
        (json!({"exp": -1}), Flaw::Claims),
        (json!({"sub": ""}), Flaw::Claims),
        (json!({"client_id": ""}), Flaw::Claims),
        (json!({"iss": null}), Flaw::Claims),
        (json!({"sub": null}), Flaw::Claims),
        (json!({"aud": null}), Flaw::Claims),
        (json!({"client_id": null}), Flaw::Claims),
        (json!({"exp": null}), Flaw::Claims),
        (json!({"iat": null}), Flaw::Claims),
    ] {
        let token = signer::first().access_token(&changed(claims.clone(), &change));
        refused(&upstream, &change.to_string(), &token, flaw).await;
    }
}

#[tokio::test]
async fn among_several_keys_a_token_must_name_its_own() {
    let provider = Provider::start().await;
    let upstream = upstream(&provider, signer::first()).await;
    provider.publish(&[signer::first(), signer::second()]);
    let pair = Upstream::discover(
        &service(&provider.url(), None),
        &place(),
        &OAuthSettings::of_flags(&[]),
    )
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
