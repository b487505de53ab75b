package jp.yorisoi.core.android

import jp.yorisoi.core.YorisoiClientInterface

/**
 * Gives a sync in the background the library that the app opened. The app's `Application` implements it; an app that makes its
 * workers by a factory of its own hands it to [SyncWorker]'s second constructor instead.
 */
public fun interface ClientSource {
    /**
     * The library of the folder of this name, opened if it is not yet. The one the screens use: it is not closed afterwards.
     * `null` if that person is not on this phone any more; then no further sync is asked for.
     *
     * May throw what opening throws; then the next sync in the background tries again.
     */
    public suspend fun client(directory: String): YorisoiClientInterface?
}
