//! The two cookies: that of a session, and that of an attempt to sign in.

use axum::http::{HeaderMap, header::COOKIE};

/// For how long a browser keeps an attempt, in seconds; the service lets go of it by itself.
const ATTEMPT_SECONDS: i64 = 10 * 60;

/// What the cookies are called, and what they are guarded by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cookies {
    session: &'static str,
    attempt: &'static str,
    secure: bool,
}

impl Cookies {
    /// With TLS, by a name that browsers let no other host set, nor without TLS. Without it, on the machine itself only,
    /// by a plain name.
    pub(super) const fn new(secure: bool) -> Self {
        if secure {
            Self { session: "__Host-kraamzicht", attempt: "__Host-kraamzicht-sign-in", secure }
        } else {
            Self { session: "kraamzicht", attempt: "kraamzicht-sign-in", secure }
        }
    }

    /// The secret of the session that a request brings.
    pub(super) fn session<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        find(headers, self.session)
    }

    /// The secret of the attempt that a request brings.
    pub(super) fn attempt<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        find(headers, self.attempt)
    }

    pub(super) fn keep_session(&self, secret: &str, seconds: i64) -> String {
        self.write(self.session, secret, seconds)
    }

    pub(super) fn keep_attempt(&self, secret: &str) -> String {
        self.write(self.attempt, secret, ATTEMPT_SECONDS)
    }

    pub(super) fn drop_session(&self) -> String {
        self.write(self.session, "", 0)
    }

    pub(super) fn drop_attempt(&self) -> String {
        self.write(self.attempt, "", 0)
    }

    /// Lax, as the provider sends browsers back by a link of its own.
    fn write(&self, name: &str, value: &str, seconds: i64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }
}

/// The value of a cookie. One that comes twice is of two hands, and neither is believed.
fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let mut values = pairs.filter_map(|pair| pair.split_once('=')).filter(|(key, _)| key.trim() == name);
    let (_, value) = values.next()?;
    values.next().is_none().then(|| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cookies: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for text in cookies {
            headers.append(COOKIE, text.parse().unwrap());
        }
        Cookies::new(true).session(&headers).map(str::to_owned)
    }

    #[test]
    fn one_cookie_is_found_and_two_are_none() {
        assert_eq!(read(&["a=1; __Host-kraamzicht=x; b=2"]).as_deref(), Some("x"));
        assert_eq!(read(&["a=1", "b=2; __Host-kraamzicht=x"]).as_deref(), Some("x"));
        assert_eq!(read(&["__Host-kraamzicht=x; __Host-kraamzicht=y"]), None);
        assert_eq!(read(&["__Host-kraamzicht=x", "__Host-kraamzicht=x"]), None);
        assert_eq!(read(&["kraamzicht=x; __Host-kraamzicht-sign-in=y"]), None);
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn a_cookie_is_for_this_host_over_tls_alone() {
        let cookie = Cookies::new(true).keep_session("x", 60);
        assert_eq!(cookie, "__Host-kraamzicht=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        let plain = Cookies::new(false).drop_session();
        assert_eq!(plain, "kraamzicht=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }
}
