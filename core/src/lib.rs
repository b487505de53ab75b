//! The device side of Yorisoi: vault, store, outbox, sync, client.
