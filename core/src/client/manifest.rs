//! The signed description of programmes and keys this device goes by.
//!
//! A manifest is believed if one of the app's two roots signed it, whoever carried it: the app's own package, the server,
//! somebody in between. A newer version replaces an older one, never the reverse. One that ran out still serves, and is
//! said to have run out: safety contacts and history do not depend on a server that forgot to sign again.

use std::sync::{Arc, PoisonError};

use yorisoi_protocol::Programme;
use yorisoi_protocol::manifest::{
    Manifest, ManifestError, ManifestStanding, Roots, Succession, manifest_etag,
};
use yorisoi_protocol::wire::{MANIFEST_MEDIA_TYPE, MANIFEST_PATH};

use super::YorisoiClient;
use crate::error::YorisoiError;
use crate::host::Notice;
use crate::store::SyncTimes;
use crate::sync::Way;
use crate::transport::Transport;
use crate::view::ManifestView;

/// The server is asked for a newer manifest once a day, after a sync that reached it.
const ASK_AFTER_MILLIS: i64 = 24 * 3600 * 1000;
/// This library's version, for a manifest that asks for a newer one.
pub(super) const SDK_VERSION: &str = env!("CARGO_PKG_VERSION");

/// A manifest with what was read from it.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) manifest: Manifest,
    /// Its programmes, shared with whoever is using one while a newer manifest arrives.
    pub(super) programmes: Vec<Arc<Programme>>,
    pub(super) etag: String,
}

/// The manifests this device has. Their signatures are looked at when one is first needed: a list opens without.
pub(super) enum Manifests {
    /// What the app brought along; what was kept stands in the store.
    Unread(Option<Vec<u8>>),
    Read(Option<Arc<Known>>),
}

impl Known {
    pub(super) fn read(bytes: &[u8], roots: &Roots) -> Result<Self, ManifestError> {
        let manifest = Manifest::verify(bytes, roots)?;
        let programmes = manifest.programmes.iter().cloned().map(Arc::new).collect();
        Ok(Self { manifest, programmes, etag: manifest_etag(bytes) })
    }

    /// The newer of what the app brought along and what was kept, of those that are believed. An app whose roots changed
    /// starts anew from what it brings along.
    fn choose(brought: Option<&[u8]>, kept: Option<&[u8]>, roots: &Roots) -> Option<Self> {
        let kept = kept.and_then(|bytes| Self::read(bytes, roots).ok());
        match (brought, kept) {
            (Some(brought), Some(kept)) if kept.etag == manifest_etag(brought) => Some(kept),
            (brought, kept) => {
                let brought = brought.and_then(|bytes| Self::read(bytes, roots).ok());
                let newer = |kept: &Self| {
                    brought.as_ref().is_none_or(|known| known.manifest.version <= kept.manifest.version)
                };
                kept.filter(newer).or(brought)
            }
        }
    }

    /// The programme of this id.
    pub(super) fn programme(&self, id: &str) -> Option<Arc<Programme>> {
        self.programmes.iter().find(|programme| programme.id == id).map(Arc::clone)
    }
}

impl YorisoiClient {
    /// The manifest this device goes by; `None` for an app that brought none along and has not reached the server yet.
    pub fn manifest(&self) -> Option<ManifestView> {
        let known = self.known()?;
        let manifest = &known.manifest;
        Some(ManifestView {
            version: manifest.version,
            issued_at: manifest.issued_at,
            not_after: manifest.not_after,
            degraded: matches!(manifest.standing(self.now()), ManifestStanding::Expired { .. }),
            update_needed: manifest.unreadable > 0 || !manifest.sdk_suffices(SDK_VERSION),
        })
    }

    /// Asks the server for a newer manifest.
    ///
    /// # Errors
    /// [`YorisoiError::Manifest`] for one that cannot be believed or is older than the one held, which stays in force;
    /// the errors of the network and the store.
    pub async fn refresh_manifest(&self) -> Result<ManifestView, YorisoiError> {
        self.refresh_manifest_by(self.transport.as_ref()).await
    }

    async fn refresh_manifest_by(&self, way: &dyn Transport) -> Result<ManifestView, YorisoiError> {
        let known = self.known();
        let held = known.as_ref().map(|known| known.etag.clone());
        let fetched = self.exchange(way).fetch(MANIFEST_PATH, held, MANIFEST_MEDIA_TYPE).await;
        let fetched = self.exchanged(fetched);
        if !matches!(fetched, Err(YorisoiError::Network(_))) {
            self.keep_times(SyncTimes { manifest_asked: Some(self.now()), ..self.times() })?;
        }
        if let Some(bytes) = fetched? {
            self.take_over(&bytes, known.as_deref())?;
        }
        self.manifest().ok_or(YorisoiError::ManifestMissing)
    }

    pub(super) fn known(&self) -> Option<Arc<Known>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Manifests::Unread(brought) = &*known {
            // A store that cannot be read now, such as one that is suspended, is asked again at the next call.
            let kept = match self.store.manifest() {
                Ok(kept) => kept,
                Err(_) => return Known::choose(brought.as_deref(), None, &self.roots).map(Arc::new),
            };
            let chosen = Known::choose(brought.as_deref(), kept.as_deref(), &self.roots);
            *known = Manifests::Read(chosen.map(Arc::new));
        }
        match &*known {
            Manifests::Read(known) => known.clone(),
            Manifests::Unread(_) => None,
        }
    }

    /// Asks the server if it was not asked for a day, or is overdue; only then by a way that is for texts alone. That it could
    /// not be asked stops nothing.
    pub(super) async fn refresh_manifest_if_due(
        &self,
        overdue: bool,
        way: &Way<'_>,
    ) -> Result<(), YorisoiError> {
        let asked = self.times().manifest_asked.or(self.known().map(|known| known.manifest.issued_at));
        let due = asked.is_none_or(|asked| self.now().since(asked).abs() >= ASK_AFTER_MILLIS);
        if !(overdue || due && !way.texts_only()) || way.spent() {
            return Ok(());
        }
        match self.refresh_manifest_by(way).await {
            Err(error @ YorisoiError::Store(_)) => Err(error),
            _ => Ok(()),
        }
    }

    fn take_over(&self, bytes: &[u8], known: Option<&Known>) -> Result<(), YorisoiError> {
        let offered = Known::read(bytes, &self.roots)?;
        if let Some(known) = known
            && offered.manifest.follows(Some(&known.manifest.held()))? == Succession::Same
        {
            // Kept, but perhaps not yet in force for the place: the phone may have gone off in between.
            return self.keep_own_programme();
        }
        self.store.keep_manifest(bytes)?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Manifests::Read(Some(Arc::new(offered)));
        self.keep_own_programme()?;
        self.tell(&[Notice::Manifest]);
        Ok(())
    }
}
