//! Who makes a request: a device's signature, its time and its nonce.
//!
//! The order is: the header's form, the time, the device, the signature, and last, inside the transaction that does
//! what is asked, the nonce. So nobody without a device's key can use up its nonces, and a request that failed for
//! another reason may be sent again as it is.

use ring::signature::{ED25519, UnparsedPublicKey};
use yorisoi_protocol::Timestamp;
use yorisoi_protocol::ids::{DeviceId, Nonce};
use yorisoi_protocol::wire::{ApiErrorCode, Authorization, Caller, Limits, PublicKey, signed_text};

use super::{Failure, Service};
use crate::storage::{DeviceRecord, Transaction};

/// What a signature is over, and the signature.
#[derive(Debug, Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The `authorization` header, if there is one.
    pub authorization: Option<&'a str>,
    /// The body as sent.
    pub body: &'a [u8],
}

/// A request whose signature fits.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Names the request.
    pub nonce: Nonce,
    seconds: i64,
    /// Whose nonces these are: the device's id, or the key of a device that has none.
    caller: Vec<u8>,
}

impl Service {
    /// Whether an enrolled device signed this request, and which.
    ///
    /// # Errors
    /// [`Failure`] with one of the signature codes or `unknown_device`.
    pub fn authenticate_device(&self, request: SignedRequest<'_>) -> Result<(Signed, DeviceRecord), Failure> {
        let (signed, id) = self.authenticate_caller(request)?;
        Ok((signed, known(self.begin()?.as_ref(), id)?))
    }

    /// The same for who goes on to look whether the device still is enrolled, in the transaction that does what is asked.
    ///
    /// # Errors
    /// As [`Service::authenticate_device`].
    pub fn authenticate_caller(&self, request: SignedRequest<'_>) -> Result<(Signed, DeviceId), Failure> {
        let authorization = self.current(request)?;
        let Caller::Device(id) = authorization.caller else {
            return Err(Failure::refused(ApiErrorCode::SignatureMissing));
        };
        check(request, &authorization, &self.key_of(id)?)?;
        Ok((signed(&authorization, id.as_bytes()), id))
    }

    /// Whether the holder of `key` signed this request as a device without an id.
    ///
    /// # Errors
    /// [`Failure`] with one of the signature codes.
    pub fn authenticate_key(&self, request: SignedRequest<'_>, key: PublicKey) -> Result<Signed, Failure> {
        let authorization = self.current(request)?;
        if authorization.caller != Caller::New {
            return Err(Failure::refused(ApiErrorCode::SignatureMissing));
        }
        check(request, &authorization, &key.0)?;
        Ok(signed(&authorization, &key.0))
    }

    /// Uses up the request's nonce, as a part of `tx`.
    pub(super) fn use_nonce(
        &self,
        tx: &dyn Transaction,
        signed: &Signed,
        now: Timestamp,
    ) -> Result<(), Failure> {
        // One second past the tolerance: after it the request is stale by itself.
        let expires = Timestamp::from_seconds(signed.seconds + Limits::V1.clock_tolerance_seconds + 1);
        match tx.use_nonce(&signed.caller, signed.nonce, expires, now)? {
            true => Ok(()),
            false => Err(Failure::refused(ApiErrorCode::SignatureReplayed)),
        }
    }

    /// The same for a request that only reads. It is remembered by this process alone, so that a sync with nothing new waits for no
    /// disk. What this process cannot remember it refuses or writes down: what was signed before it began, when it may have been
    /// another that carried it out, and what a phone whose clock is ahead signed, which would outlive this process. After something
    /// could not be written it is written down as well.
    pub(super) fn use_nonce_of_reader(
        &self,
        tx: &dyn Transaction,
        signed: &Signed,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let (begun, now_seconds) = (self.readers.begun().seconds(), now.seconds());
        if self.readers.is_in_doubt() || signed.seconds > now_seconds || begun > now_seconds {
            return self.use_nonce(tx, signed, now);
        }
        if signed.seconds < begun {
            return Err(Failure::stale(now));
        }
        // One that was written down above may come again once its time has come.
        let seen = tx.is_nonce_used(&signed.caller, signed.nonce)?;
        match !seen && self.readers.use_nonce(&signed.caller, signed.nonce, now) {
            true => Ok(()),
            false => Err(Failure::refused(ApiErrorCode::SignatureReplayed)),
        }
    }

    pub(super) fn current(&self, request: SignedRequest<'_>) -> Result<Authorization, Failure> {
        let authorization = request
            .authorization
            .and_then(Authorization::parse)
            .ok_or_else(|| Failure::refused(ApiErrorCode::SignatureMissing))?;
        let now = self.now();
        let distance = now.seconds().abs_diff(authorization.seconds);
        if distance > Limits::V1.clock_tolerance_seconds.unsigned_abs() {
            return Err(Failure::stale(now));
        }
        Ok(authorization)
    }

    fn key_of(&self, id: DeviceId) -> Result<[u8; 32], Failure> {
        if let Some(key) = self.device_keys.get(id) {
            return Ok(key);
        }
        // A transaction of its own, so that checking a signature holds up nobody.
        let key = known(self.begin()?.as_ref(), id)?.key;
        self.device_keys.keep(id, key);
        Ok(key)
    }
}

/// The device as it is enrolled.
///
/// # Errors
/// `unknown_device` if it is not.
pub(super) fn known(tx: &dyn Transaction, id: DeviceId) -> Result<DeviceRecord, Failure> {
    tx.device(id)?.ok_or_else(|| Failure::refused(ApiErrorCode::UnknownDevice))
}

pub(super) fn check(
    request: SignedRequest<'_>,
    authorization: &Authorization,
    key: &[u8; 32],
) -> Result<(), Failure> {
    let Authorization { caller, seconds, nonce, signature } = authorization;
    let text = signed_text(request.method, request.path, *caller, *seconds, *nonce, request.body);
    UnparsedPublicKey::new(&ED25519, key)
        .verify(text.as_bytes(), signature)
        .map_err(|_| Failure::refused(ApiErrorCode::SignatureWrong))
}

pub(super) fn signed(authorization: &Authorization, caller: &[u8]) -> Signed {
    Signed { nonce: authorization.nonce, seconds: authorization.seconds, caller: caller.to_vec() }
}
